// Where a rollout's bucket ends.

import { expect, test } from 'vitest';
import { chooseBundle, rolloutBucketOf } from './rollout.ts';
import { aBundle, aChannel, deviceIds } from './testing/arbitraries.ts';

const id = '7b0e4a3c-53a2-4a1f-9d4e-0f6f0e0c2a11';
const device = { device_id: deviceIds[0] as string, version_name: '0.9.0' };

function choiceAt(percentageBps: number) {
  const bundle = aBundle({ id: 2, name: '1.0.1' });
  const rollout = { bundle, id, enabled: true, paused: false, percentageBps };
  return chooseBundle(aChannel({ rollout }), device, true);
}

test('buckets count from 0: a device is in from the first percentage above its own bucket', () => {
  const bucket = rolloutBucketOf(id, device.device_id);
  expect(bucket).toBeGreaterThan(0);
  expect(choiceAt(bucket)).toMatchObject({ selected: false, reason: 'outside_bucket', bundle: { name: '1.0.0' } });
  expect(choiceAt(bucket + 1)).toMatchObject({ selected: true, reason: 'in_bucket', bundle: { name: '1.0.1' } });
});
