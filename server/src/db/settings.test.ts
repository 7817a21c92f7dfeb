// Settings between a request, their columns and an answer; and that a misspelt one does not compile (`@ts-expect-error` fails
// the type check where the line below it is no error).

import type { UpsertChannel } from '@overair/protocol/manage/channel';
import { channelSettings } from '@overair/protocol/manage/channel-settings';
import type { Settings } from '@overair/protocol/manage/setting';
import { expect, expectTypeOf, test } from 'vitest';
import type { ChannelRow } from '../releases/channel-rows.ts';
import type { ChannelChange } from '../releases/channels.ts';
import type { Channel } from '../updates/release-state.ts';
import { decidingColumns, plainChange, presentSettings, settingColumns, settingDefaults } from './settings.ts';

const row = { ...settingDefaults(channelSettings), rollout_paused_at: new Date(0) };

test('what a request says goes to its columns, and null only to those that have it', () => {
  const change = plainChange(channelSettings, {
    allow_dev: false,
    allow_prod: null,
    disableAutoUpdate: 'metadata',
    autoPauseMinFailures: null,
    autoPauseCooldownMinutes: 0,
    rolloutEnabled: undefined,
  });
  expect(change).toEqual({
    disable_auto_update: 'version_number',
    allow_dev: false,
    auto_pause_min_failures: null,
    auto_pause_cooldown_minutes: 0,
  });
  expectTypeOf(change).toExtend<ChannelChange>();
});

test('a setting with a rule of its own is not just stored', () => {
  const input: UpsertChannel = { app_id: 'a.b', channel: 'c', protected_by: null, rolloutPausedAt: null };
  expect(plainChange(channelSettings, input)).toEqual({});
});

test('an answer has the names of the wire', () => {
  expect(presentSettings(channelSettings, row)).toMatchObject({
    public: false,
    disableAutoUpdate: 'major',
    rolloutPausedAt: new Date(0),
    protected_by: null,
  });
});

test('the snapshot holds what decides', () => {
  expect(decidingColumns(channelSettings)).toContain('allow_emulator');
  expect(decidingColumns(channelSettings)).not.toContain('auto_pause_enabled');
  expectTypeOf<Channel>().toHaveProperty('allow_emulator').toBeBoolean();
  expectTypeOf<Channel>().not.toHaveProperty('auto_pause_enabled');
});

test('a misspelt setting does not compile', () => {
  const columns: readonly (keyof ChannelRow)[] = settingColumns(channelSettings);
  // @ts-expect-error
  const misspelt: (typeof columns)[number] = 'allow_emulatr';
  // @ts-expect-error
  plainChange(channelSettings, { allow_emulatr: true });
  // @ts-expect-error
  plainChange(channelSettings, { disableAutoUpdates: 'major' });
  // @ts-expect-error
  plainChange(channelSettings, { disableAutoUpdate: 'majr' });
  // @ts-expect-error
  presentSettings(channelSettings, row).allowEmulator;
  // @ts-expect-error
  settingDefaults(channelSettings).emulator;
  // @ts-expect-error
  const change: ChannelChange = { ...plainChange(channelSettings, {}), allow_emulatr: true };
  // @ts-expect-error
  const request: UpsertChannel = { app_id: 'a.b', channel: 'c', allow_emulatr: true };
  const list = {
    // @ts-expect-error
    quiet: { type: 'switch', default: false, lable: 'Quiet', about: 'it is quiet', off: 'it is not' },
  } as const satisfies Settings;
  expect([misspelt, change, request, list]).toHaveLength(4);
});
