// The columns of settings, by the lists in protocol/src/manage that say what a setting is.

import type { Setting, Settings, SettingValue } from '@overair/protocol/manage/setting';
import type { ColumnType, Generated } from 'kysely';

type Column<S extends Setting> = S extends { readonly type: 'time' }
  ? ColumnType<Date, Date | string, Date | string> | null
  : S['default'] extends null
    ? SettingValue<S> | null
    : Generated<SettingValue<S>>;

export type SettingColumns<S extends Settings> = { [Name in keyof S]: Column<S[Name]> };
