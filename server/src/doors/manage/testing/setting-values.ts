// What the tests of settings say of each, by what the lists of protocol tell of it.

import { listSettings, type Setting, type Settings, wireName } from '@overair/protocol/manage/setting';

export const describeSettings = (settings: Settings) =>
  listSettings(settings).map(([column, setting]) => ({
    column,
    setting,
    name: wireName(column, setting),
    alias: setting.alias ?? column,
  }));

/** What may be said of a setting, bounds included. `key`: the id of an API key that exists. */
export function goodValues(setting: Setting, key = 0): unknown[] {
  switch (setting.type) {
    case 'switch':
      return [!setting.default, setting.default];
    case 'choice':
      return [...setting.values];
    case 'whole':
      return [setting.min, setting.max];
    case 'share':
      return [0, 10_000];
    case 'fraction':
      return [setting.above + 1e-6, setting.below - 1e-6];
    case 'text':
      return ['x'.repeat(setting.minLength), 'x'.repeat(setting.maxLength)];
    case 'time':
      return ['2026-01-02T03:04:05.678Z'];
    case 'ids':
      return [[key], []];
  }
}

export function badValues(setting: Setting): unknown[] {
  switch (setting.type) {
    case 'switch':
      return ['yes', 1];
    case 'choice':
      return ['somewhat', 1];
    case 'whole':
      return [setting.min - 1, setting.max + 1, setting.min + 0.5, 'x'];
    case 'share':
      return [-1, 10_001, 0.5];
    case 'fraction':
      return [setting.above, setting.below];
    case 'text':
      return ['x'.repeat(setting.maxLength + 1), 7, ...(setting.minLength > 0 ? [''] : [])];
    case 'time':
      return ['yesterday', 0];
    case 'ids':
      return ['1', [0], [1.5]];
  }
}
