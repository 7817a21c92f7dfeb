// What is said to let a device pass a check lets it pass, whatever the app and the device look like.

import type { Change } from '@overair/protocol/manage/device-log';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide, listRefusals } from './decide.ts';
import type { Decision, Step } from './decision.ts';
import type { Question } from './question.ts';
import type { AppState, Channel } from './release-state.ts';
import { selectChannel } from './select-channel.ts';
import { aChannel, anyQuestion, anyState, aQuestion, aState } from './testing/arbitraries.ts';
import { wouldChange } from './would-change.ts';

const settings = { seed: 20_261_127, numRuns: 4_000 };

const explain = (state: AppState, question: Question) => {
  const steps: Step[] = [];
  const decision = decide(state, question, steps);
  return { decision, changes: wouldChange(state, question, decision, steps.at(-1)!.check) };
};

/** The state and the question as they are after the change; undefined: it cannot be made by a fact or a setting alone. */
function after(state: AppState, question: Question, change: Change): [AppState, Question] | undefined {
  const { code, setting, value = '' } = change;
  if (code === 'native_version' && value !== '') return [state, aQuestion({ ...question, version_build: value })];
  if (code === 'plugin_version') return [state, aQuestion({ ...question, plugin_version: value })];
  if (code !== 'channel_setting') return undefined;
  const stored = value === 'true' ? true : value === 'false' ? false : value;
  const channels = state.channels.map(
    (each): Channel => (each.name === change.channel ? { ...each, [setting!]: stored } : each),
  );
  return [{ ...state, channels, channelsById: new Map(channels.map((each) => [each.id, each])) }, question];
}

const codeOf = (decision: Decision): string => (decision.kind === 'refusal' ? decision.code : decision.kind);

test('a refusal is told with what would change it, and the first is the one that refused', () => {
  fc.assert(
    fc.property(anyState, anyQuestion, (state, question) => {
      const { decision, changes } = explain(state, question);
      if (decision.kind !== 'refusal') {
        expect(changes).toEqual([]);
        return;
      }
      expect(changes[0]).toMatchObject({ code: decision.code });
      const isOwners = decision.code !== 'provider_infrastructure_request_blocked';
      for (const each of changes) expect(each.changes.length, each.code).toBeGreaterThan(isOwners ? 0 : -1);
    }),
    settings,
  );
});

test('with the change made, the check lets the device pass', () => {
  let made = 0;
  fc.assert(
    fc.property(anyState, anyQuestion, (state, question) => {
      const asked = selectChannel(state, question)?.channel;
      for (const { check, changes } of explain(state, question).changes) {
        for (const change of changes) {
          const changed = after(state, question, change);
          if (changed === undefined || /platform is on|channel is found/.test(check)) continue;
          // Another channel may answer then: that is a pass as well.
          if (selectChannel(...changed)?.channel.id !== asked?.id) continue;
          made++;
          const refused = listRefusals(...changed).map((each) => each.check);
          expect(refused, `${check}: ${change.message}`).not.toContain(check);
        }
      }
    }),
    settings,
  );
  expect(made).toBeGreaterThan(1_000);
});

test.each<[string, Parameters<typeof aChannel>[0], Partial<Question>, Partial<Change>]>([
  ['no channel is public', { public: false }, {}, { code: 'channel_setting', setting: 'public', value: 'true' }],
  ['it is off', { android: false }, {}, { code: 'channel_setting', setting: 'android', value: 'true' }],
  [
    'the named one is closed',
    { public: false },
    { defaultChannel: 'production' },
    { setting: 'allow_device_self_set' },
  ],
  ['the named one is missing', {}, { defaultChannel: 'beta' }, { code: 'channel_exists', channel: 'beta' }],
  ['its bundle is gone', { unusable: true }, { defaultChannel: 'production' }, { code: 'another_bundle' }],
])('where no channel is found because %s, it is told how one would be', (_, channel, facts, change) => {
  const state = aState({ channels: [aChannel(channel)] });
  const question = aQuestion(facts);
  const { decision, changes } = explain(state, question);
  expect(codeOf(decision)).toBe('no_channel');
  expect(changes[0]?.changes[0]).toMatchObject(change);
  const changed = after(state, question, changes[0]!.changes[0]!);
  if (changed) expect(codeOf(decide(...changed))).toBe('update');
});

test('a native version is only asked for that is newer than the device’s', () => {
  const channel = aChannel({ disable_auto_update: 'minor' });
  const { changes } = explain(aState({ channels: [channel] }), aQuestion({ version_build: '1.4.0' }));
  expect(changes.map(({ code }) => code)).toEqual(['disable_auto_update_to_minor', 'disable_auto_update_under_native']);
  expect(changes.flatMap((each) => each.changes.map(({ code }) => code))).not.toContain('native_version');
});
