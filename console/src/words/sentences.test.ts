// What the console says about releases, channels and phones: the right sentence for each state, in every language.

import { type I18n, setupI18n } from '@lingui/core';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import type { Channel } from '@overair/protocol/manage/channel';
import type { Outcomes } from '@overair/protocol/manage/outcomes';
import type { Release, ReleaseGuard } from '@overair/protocol/manage/release';
import { describe, expect, test } from 'vitest';
import { browserOf } from './browser-name.ts';
import { messages as de } from './catalogue/de.ts';
import { messages as en } from './catalogue/en.ts';
import { messages as zh } from './catalogue/zh.ts';
import { rulesOf } from './channel-rules.ts';
import { openFormats } from './formats.ts';
import { current, needsOf } from './needs.ts';
import { countOf, everyPhone } from './outcomes.ts';
import { actedSentence, actorOf } from './release-sentences.ts';
import { verdictOf } from './release-verdict.ts';
import type { MessageId, Values } from './words.tsx';

function speaker(language: string, messages: Readonly<Record<MessageId, string>>) {
  const i18n: I18n = setupI18n({ locale: language, messages: { [language]: messages } });
  i18n.setMessagesCompiler(compileMessage);
  return (id: MessageId, values?: Values) => i18n._(id, values);
}
const t = speaker('en', en);

const guard: ReleaseGuard = {
  tolerance: 0.01,
  opening: { passed: 0, failed: 0 },
  starting: { passed: 0, failed: 0 },
  e: 1,
  held_back: 0,
  acted: null,
  acted_at: null,
  reason: null,
  kept_at: null,
  held_at: null,
  held_reason: null,
};
const release: Release = {
  id: 1,
  app_id: 'com.example.app',
  channel: 'production',
  kind: 'plain',
  bundle: '1.1.0',
  previous: '1.0.0',
  state: 'running',
  actor_type: 'user',
  actor_user_email: 'olivia@example.com',
  actor_apikey_id: null,
  actor_apikey_name: null,
  actor_ip: null,
  notes: null,
  link: null,
  key_id: null,
  started_at: '2026-11-27T08:00:00.000Z',
  ended_at: null,
  guard: null,
  signals: [],
  plan: null,
  withheld: [],
};
const counts: Outcomes['total'] = {
  offered: 3,
  downloaded: 2,
  running: 40,
  failed: { bundle: 0, network: 1, device: 0, crash: 0 },
  refused: { no_channel: 4 },
  silent: 5,
  reached: { offered: 0, downloaded: 0, running: 0, failed: { bundle: 0, network: 0, device: 0, crash: 0 } },
};
const now = Date.parse('2026-11-27T10:00:00.000Z');

describe('what needs a person', () => {
  const stopped = { ...release, state: 'stopped' as const, guard: { ...guard, e: 2_000, acted: 'stop' } };
  test('a guard that acted and was not answered comes first', () => {
    const suspect = { ...release, id: 2, guard: { ...guard, e: 50 } };
    expect(needsOf([suspect, release, stopped], now)).toEqual([
      { kind: 'acted', release: stopped },
      { kind: 'suspect', release: suspect },
    ]);
  });
  test.each([
    ['one that was kept', { ...stopped, guard: { ...stopped.guard, kept_at: '2026-11-27T09:00:00.000Z' } }],
    ['one that is over', { ...stopped, ended_at: '2026-11-27T09:00:00.000Z' }],
    ['one that is within what is tolerated', { ...release, guard: { ...guard, e: 19 } }],
  ])('%s needs nobody', (_, each) => expect(needsOf([each], now)).toEqual([]));
  test('what the guard took back by itself is told for a day', () => {
    const taken = (acted_at: string): Release => ({
      ...release,
      state: 'taken_back',
      ended_at: acted_at,
      guard: { ...guard, acted: 'take_back', acted_at },
    });
    expect(needsOf([taken('2026-11-26T11:00:00.000Z')], now)).toHaveLength(1);
    expect(needsOf([taken('2026-11-26T09:00:00.000Z')], now)).toHaveLength(0);
  });
  test('only what is served now is current, the newest first', () => {
    const older = { ...release, id: 3, started_at: '2026-11-20T08:00:00.000Z' };
    expect(current([older, { ...release, id: 4, ended_at: release.started_at }, release])).toEqual([release, older]);
  });
});

describe('the verdict about a release', () => {
  const say = (each: Release, known: Outcomes['total'] | undefined = counts) => {
    const { tone, id, values } = verdictOf(each, known);
    return `${tone}: ${t(id, values)}`;
  };
  test.each([
    [release, 'good: 1.1.0 runs on 40 phones, and no failure is its own fault. It may go on.'],
    [
      { ...release, state: 'stopped' as const },
      'bad: 1.1.0 is stopped: nobody new is offered it, who runs it keeps it. Keep it or take it back.',
    ],
    [{ ...release, state: 'taken_back' as const }, 'warn: 1.1.0 was taken back: its phones return to 1.0.0.'],
    [
      { ...release, guard: { ...guard, acted: 'tell' } },
      'bad: It is proven that 1.1.0 fails more often than is tolerated. Stop it, take it back, or keep it.',
    ],
  ])('%#', (each, sentence) => expect(say(each)).toBe(sentence));
  test('a failure of the network is not held against it, one of the bundle is', () => {
    const failed = { ...counts, failed: { ...counts.failed, bundle: 1, crash: 1 } };
    expect(say(release, failed)).toBe(
      'good: 1.1.0 runs on 40 phones, and is at fault on 2 phones. That is tolerated; it may go on.',
    );
  });
  test('offered is not running: before the first start it is too early to say', () => {
    expect(say(release, { ...counts, running: 0 })).toBe('neutral: Too early to say: no phone has started 1.1.0 yet.');
  });
});

test('a phone counts once, and the words add up to all phones', () => {
  expect(everyPhone(counts)).toBe(55);
  expect(countOf(counts, 'refused')).toBe(4);
  expect(countOf(counts, 'failed')).toBe(1);
});

test('every language says how many phones an act is about', () => {
  const values = { bundle: '1.1.0', previous: '1.0.0', channel: 'production', running: 1_204, onTheWay: 3 };
  expect(t('act.stop.consequence', values)).toBe(
    '1,204 phones run 1.1.0 and keep it. 3 phones were offered it and may still start it; nobody else is offered it any more.',
  );
  expect(t('act.stop.consequence', { ...values, running: 1, onTheWay: 0 })).toBe(
    '1 phone runs 1.1.0 and keeps it. Nobody else is offered it any more.',
  );
  expect(speaker('de', de)('act.stop.consequence', values)).toContain('1.204 Telefone');
  expect(speaker('zh', zh)('act.stop.consequence', values)).toContain('1,204 部手机');
});

test('taking back is counted by its rehearsal alone: two numbers on one sheet could differ', () => {
  const values = { bundle: '1.1.0', previous: '1.0.0', channel: 'production', running: 0, onTheWay: 0 };
  expect(t('act.takeBack.consequence', values)).toBe(
    'Phones that run 1.1.0 return to the release that was kept last, at their next check; nobody else is offered it.',
  );
});

test('who acted: a person, a key of theirs, or the server', () => {
  expect(actorOf(release, t)).toBe('olivia@example.com');
  expect(actorOf({ ...release, actor_apikey_name: 'ci' }, t)).toBe('olivia@example.com with the key “ci”');
  expect(actorOf({ ...release, actor_type: 'system', actor_user_email: null }, t)).toBe('The server');
  expect(actedSentence(release, t)).toBe('');
});

test('the rules of a channel are sentences', () => {
  const channel = {
    public: true,
    allow_device_self_set: false,
    ios: true,
    android: false,
    electron: false,
    allow_emulator: false,
    allow_device: true,
    allow_dev: true,
    allow_prod: true,
    disableAutoUpdate: 'minor',
    disableAutoUpdateUnderNative: true,
    guard_action: 'take_back',
    protected_by: 'admin',
  } as Channel;
  expect(rulesOf(channel).map(({ id, values }) => t(id, values))).toEqual([
    'New phones follow it.',
    'It does not serve Android, Electron.',
    'A bundle of another major or minor version than the installed app is held back.',
    'Bundles older than the installed app are held back.',
    'Emulators get nothing.',
    'When a release is proven bad, the guard takes it back from everybody who runs it.',
    'Releasing on it takes the right “admin”.',
  ]);
});

test('numbers and times as a language writes them, and never 100 % while one phone is missing', () => {
  const english = openFormats('en');
  expect(english.percent(0.9999)).toBe('99.9%');
  expect(english.percent(1)).toBe('100%');
  expect(english.percent(0.5)).toBe('50%');
  expect(english.percent(0.018)).toBe('1.8%');
  expect(english.bytes(1_500_000)).toBe('1.5 MB');
  expect(english.ago('2026-11-27T09:55:00.000Z', now)).toBe('5 minutes ago');
  expect(openFormats('de').ago('2026-11-24T10:00:00.000Z', now)).toBe('vor 3 Tagen');
  expect(english.utc('2026-11-27T09:55:00.000Z')).toBe('Nov 27, 2026, 9:55:00 AM UTC');
});

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox, Linux'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
    'Safari, iPhone',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
    'Edge, Windows',
  ],
  ['curl/8.5.0', undefined],
  [null, undefined],
])('%s is called %s', (agent, name) => expect(browserOf(agent)).toBe(name));
