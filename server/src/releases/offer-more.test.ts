import fc from 'fast-check';
import { expect, test } from 'vitest';
import { offersMore } from './offer-more.ts';

const channel = fc.record({
  public: fc.boolean(),
  version: fc.constantFrom(null, 1, 2),
  rollout_version: fc.constantFrom(null, 2, 3),
  rollout_enabled: fc.boolean(),
  rollout_paused_at: fc.constantFrom(null, new Date(0)),
  rollout_percentage_bps: fc.constantFrom(0, 100, 10_000),
});
type Sample = typeof channel extends fc.Arbitrary<infer T> ? T : never;

/** Of bundles: the share of devices to which `to` offers it and `from` did not. A channel's own devices, and new ones. */
function newlyOffered(from: Sample, to: Sample): boolean {
  const share = (
    { rollout_version, rollout_enabled, rollout_paused_at, rollout_percentage_bps }: Sample,
    bundle: number,
  ) => (rollout_version === bundle && rollout_enabled && rollout_paused_at === null ? rollout_percentage_bps : 0);
  const isRolloutWider = [2, 3].some(
    (bundle) => to.rollout_version === bundle && share(to, bundle) > share(from, bundle),
  );
  const isStableNew = to.version !== null && to.version !== from.version;
  return isRolloutWider || isStableNew;
}

test('whatever offers a bundle to more devices counts', () => {
  fc.assert(
    fc.property(channel, channel, (from, to) => {
      if (newlyOffered(from, to)) expect(offersMore(from, to)).toBe(true);
    }),
    { seed: 27, numRuns: 3000 },
  );
});

test('what only takes away does not: a pause, a smaller share, the end of a rollout', () => {
  fc.assert(
    fc.property(channel, (from) => {
      for (const less of [
        { rollout_paused_at: new Date(0) },
        { rollout_percentage_bps: 0 },
        { rollout_enabled: false },
        { rollout_version: null },
        { public: false },
        {},
      ]) {
        expect(offersMore(from, less)).toBe(false);
      }
    }),
    { seed: 27 },
  );
});
