// Flags of settings: what they mean, what they refuse, and that a misspelt one does not compile.

import { channelSettings } from '@overair/protocol/manage/channel-settings';
import { listSettings, wireName } from '@overair/protocol/manage/setting';
import { Command } from 'commander';
import { describe, expect, it, test } from 'vitest';
import { addSettingFlags, type SettingFlags } from './flags.ts';
import { givenSettings, printSetting, shownSettings } from './values.ts';

function parse(...words: string[]) {
  const command = addSettingFlags(
    new Command().exitOverride().configureOutput({ writeErr: () => {} }),
    channelSettings,
  );
  return givenSettings(channelSettings, command.parse(words, { from: 'user' }).opts());
}

describe('flags', () => {
  it.each([
    [[], {}],
    [['-d'], { public: true }],
    [['--no-default'], { public: false }],
    [['--downgrade'], { disableAutoUpdateUnderNative: false }],
    [['--no-downgrade'], { disableAutoUpdateUnderNative: true }],
    [['--no-emulator', '--dev'], { allow_emulator: false, allow_dev: true }],
    [['--disable-auto-update', 'metadata'], { disableAutoUpdate: 'metadata' }],
    [['--protected-by', 'nobody'], { protected_by: null }],
    [['--protected-keys', '3, 7'], { protected_keys: [3, 7] }],
    [['--protected-keys', ''], { protected_keys: [] }],
    [['--auto-pause-failure-rate', '2.5'], { autoPauseFailureRateBps: 250 }],
    [['--auto-pause-failure-rate', 'none'], { autoPauseFailureRateBps: null }],
    [['--auto-pause-window', '30'], { autoPauseWindowMinutes: 30 }],
    [['--auto-pause-confidence', '0.9'], { autoPauseConfidence: 0.9 }],
  ])('%j', (words, settings) => expect(parse(...words)).toEqual(settings));

  it.each([
    [['--auto-pause-window', '0'], '--auto-pause-window takes a whole number from 1 to 10080, not "0".'],
    [['--auto-pause-window', ''], '--auto-pause-window takes a whole number from 1 to 10080, not "".'],
    [['--auto-pause-confidence', '1'], '--auto-pause-confidence takes a number between 0 and 1, not "1".'],
    [['--auto-pause-failure-rate', '101'], '"101" is not a share between 0 and 100 with at most two decimals.'],
    [['--protected-keys', 'ci'], '"ci" is not the id of a key.'],
  ])('%j is refused', (words, message) => expect(() => parse(...words)).toThrow(message));

  it('a choice that does not exist is refused', () => {
    expect(() => parse('--update-package', 'some')).toThrow(/Allowed choices are all, zip, delta/);
  });

  it('every flag reaches the setting that it belongs to', () => {
    const said = {
      switch: [],
      choice: ['pause'],
      whole: ['1'],
      share: ['1'],
      fraction: ['0.5'],
      text: ['x'],
      time: [''],
      ids: ['1'],
    };
    for (const [column, setting] of listSettings(channelSettings)) {
      if (!setting.flag) continue;
      const value = setting.type === 'choice' ? [setting.values[0]!] : said[setting.type];
      expect(Object.keys(parse(`--${setting.flag.name}`, ...value))).toEqual([wireName(column, setting)]);
    }
  });
});

describe('values for people', () => {
  it.each([
    ['public', true, 'yes'],
    ['public', false, 'no'],
    ['protected_by', null, 'nobody'],
    ['protected_keys', [], 'none'],
    ['protected_keys', [3, 7], '3, 7'],
    ['auto_pause_failure_rate_bps', 250, '2.5 %'],
    ['auto_pause_min_attempts', 5, '5'],
    ['update_package', 'zip', 'zip'],
  ] as const)('%s = %j', (column, value, text) => expect(printSetting(channelSettings[column], value)).toBe(text));

  it('what an older server does not tell is left out', () => {
    expect(shownSettings(channelSettings, { allow_dev: true, id: 3 })).toEqual([
      { label: 'Development builds', value: 'yes', flag: '--dev' },
    ]);
  });
});

test('a misspelt setting does not compile', () => {
  const settings = givenSettings(channelSettings, { emulator: true });
  // @ts-expect-error
  settings.allow_emulatr;
  // @ts-expect-error
  givenSettings(channelSettings, { emulatr: true });
  // @ts-expect-error
  const flags: SettingFlags<typeof channelSettings> = { autoPauseWindow: true };
  expect(flags).toBeDefined();
});
