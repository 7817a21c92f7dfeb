// Each part of a version that a channel's mode compares, by itself.

import { expect, test } from 'vitest';
import { decide } from './decide.ts';
import { aBundle, aChannel, aQuestion, aState } from './testing/arbitraries.ts';

test.each([
  { mode: 'major', bundle: '2.0.0', code: 'disable_auto_update_to_major' },
  { mode: 'major', bundle: '1.9.9', code: undefined },
  { mode: 'major', bundle: '0.8.0', code: undefined },
  { mode: 'minor', bundle: '2.2.3', code: 'disable_auto_update_to_minor' },
  { mode: 'minor', bundle: '0.2.3', code: 'disable_auto_update_to_minor' },
  { mode: 'minor', bundle: '1.3.3', code: 'disable_auto_update_to_minor' },
  { mode: 'minor', bundle: '1.2.9', code: undefined },
  { mode: 'patch', bundle: '2.2.3', code: 'disable_auto_update_to_patch' },
  { mode: 'patch', bundle: '1.3.3', code: 'disable_auto_update_to_patch' },
  { mode: 'patch', bundle: '1.2.4', code: 'disable_auto_update_to_patch' },
  { mode: 'patch', bundle: '1.2.3', code: undefined },
] as const)('mode $mode, native 1.2.3, bundle $bundle: $code', ({ mode, bundle, code }) => {
  const channel = aChannel({
    bundle: aBundle({ name: bundle }),
    disable_auto_update: mode,
    disable_auto_update_under_native: false,
  });
  const decision = decide(aState({ channels: [channel] }), aQuestion({ version_build: '1.2.3' }));
  expect(decision.kind === 'refusal' ? decision.code : undefined).toBe(code);
});
