// Settings between a request, their columns and an answer. The lists in protocol/src/manage say what a setting is.

import {
  listSettings,
  type Setting,
  type SettingInput,
  type Settings,
  type SettingValue,
  type WireName,
  wireName,
} from '@overair/protocol/manage/setting';

export const settingColumns = <S extends Settings>(settings: S): readonly (keyof S & string)[] =>
  listSettings(settings).map(([column]) => column);

type Stored<S extends Setting> = SettingValue<S> | (S['default'] extends null ? null : never);

type Marked<S extends Settings, Mark> = { [Name in keyof S]: S[Name] extends Mark ? Name : never }[keyof S];
type DecidingColumn<S extends Settings> = Marked<S, { readonly decides: true }> & string;

export type DecidingSettings<S extends Settings> = { [Column in DecidingColumn<S>]: Stored<S[Column]> };

/** Those that the snapshot holds. */
export const decidingColumns = <S extends Settings>(settings: S): readonly DecidingColumn<S>[] =>
  listSettings(settings)
    .filter(([, setting]) => setting.decides)
    .map(([column]) => column as DecidingColumn<S>);

/** A copy of those that the snapshot holds. */
export const decidingSettings = <S extends Settings>(settings: S, row: DecidingSettings<S>) =>
  Object.fromEntries(decidingColumns(settings).map((column) => [column, row[column]])) as DecidingSettings<S>;

type PlainColumn<S extends Settings> = Exclude<keyof S, Marked<S, { readonly ownRule: true }>>;
type PlainInput<S extends Settings> = {
  [Column in PlainColumn<S> as WireName<Column, S[Column]>]?: SettingInput<S[Column]> | undefined;
};
type PlainChange<S extends Settings> = {
  [Column in PlainColumn<S>]?: Stored<S[Column]>;
};

/** The columns that a request changes, but for those with a rule of their own. Null where there is none means "not given". */
export function plainChange<S extends Settings>(settings: S, input: PlainInput<S>): PlainChange<S> {
  const said: Readonly<Record<string, unknown>> = input;
  const change = listSettings(settings)
    .filter(([, setting]) => !setting.ownRule)
    .map(([column, setting]) => [column, storedValue(setting, said[wireName(column, setting)])] as const)
    .filter(([, value]) => value !== undefined);
  return Object.fromEntries(change) as PlainChange<S>;
}

function storedValue(setting: Setting, value: unknown): unknown {
  if (value === null && setting.default !== null) return undefined;
  const { synonyms = {} } = setting.type === 'choice' ? setting : {};
  return typeof value === 'string' && Object.hasOwn(synonyms, value) ? synonyms[value] : value;
}

type InRow<S extends Setting> = S extends { readonly type: 'time' } ? Date | null : Stored<S>;
type SettingsRow<S extends Settings> = { readonly [Column in keyof S]: InRow<S[Column]> };
type Presented<S extends Settings> = { [Column in keyof S as WireName<Column, S[Column]>]: InRow<S[Column]> };

/** A row's settings by their names on the wire. */
export function presentSettings<S extends Settings>(settings: S, row: SettingsRow<S>): Presented<S> {
  const shown = listSettings(settings).map(([column, setting]) => [wireName(column, setting), row[column]]);
  return Object.fromEntries(shown) as Presented<S>;
}

/** What a new row has. */
export const settingDefaults = <S extends Settings>(settings: S) =>
  Object.fromEntries(listSettings(settings).map(([column, setting]) => [column, setting.default])) as {
    [Column in keyof S]: Stored<S[Column]>;
  };
