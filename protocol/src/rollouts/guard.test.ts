import { describe, expect, it } from 'vitest';
import { NO_NETWORK_EVIDENCE, observePeriod } from './control-arm.ts';
import { NO_EVIDENCE } from './evidence.ts';
import { decideGuard, defaultGuard, type GuardSettings, type GuardState, UNTOUCHED } from './guard.ts';

const good = {
  evidence: { ...NO_EVIDENCE, starting: { passed: 995, failed: 5 } },
  network: NO_NETWORK_EVIDENCE,
  tolerance: 0.01,
};
const bad = { ...good, evidence: { opening: { passed: 40, failed: 2 }, starting: { passed: 30, failed: 9 } } };
const faulty = {
  ...good,
  network: observePeriod(NO_NETWORK_EVIDENCE, {
    ours: { passed: 950, failed: 50 },
    control: { passed: 995, failed: 5 },
  }),
};

describe('the guard', () => {
  it.each<[string, typeof good, Partial<GuardSettings>, Partial<GuardState>, string]>([
    ['a good bundle', good, {}, {}, 'none'],
    ['a bad bundle', bad, {}, {}, 'stop'],
    ['a bad bundle, to be taken back', bad, { action: 'take_back' }, {}, 'take_back'],
    ['a bad bundle, to be told', bad, { action: 'tell' }, {}, 'tell'],
    ['it acted already', bad, {}, { acted: 'stop' }, 'none'],
    ['a person keeps it', bad, {}, { isKept: true }, 'none'],
    ['switched off', bad, { isOn: false }, {}, 'none'],
    ['the network, whatever the action is', faulty, { action: 'take_back' }, {}, 'hold'],
    ['the network, again', faulty, {}, { isHeld: true }, 'none'],
    ['a bad bundle that was held before', { ...bad, network: faulty.network }, {}, { isHeld: true }, 'stop'],
    ['the network, kept by a person', faulty, {}, { isKept: true }, 'none'],
  ])('%s', (_, known, settings, state, expected) => {
    expect(decideGuard(known, { ...defaultGuard, ...settings }, { ...UNTOUCHED, ...state }).action).toBe(expected);
  });

  it('says how many devices failed, at what, what is tolerated, and how sure it is', () => {
    const decision = decideGuard(bad, defaultGuard, UNTOUCHED);
    expect(decision).toMatchObject({
      reason: expect.stringMatching(
        /^11 of 41 devices failed \(2 could not open it, on 9 it did not start\), 1 % are tolerated \(E = 10\^\d+\)\.$/,
      ),
      e: expect.any(Number),
    });
  });

  it('answers a number also where everything failed', () => {
    const all = { ...bad, evidence: { ...NO_EVIDENCE, starting: { passed: 0, failed: 1_000_000 } } };
    expect(decideGuard(all, defaultGuard, UNTOUCHED)).toMatchObject({ e: Number.MAX_VALUE });
  });
});
