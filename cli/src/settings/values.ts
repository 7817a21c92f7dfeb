// Settings between the words of the command line and the values of the API.

import {
  listSettings,
  type Setting,
  type SettingInput,
  type Settings,
  type WireName,
  wireName,
} from '@overair/protocol/manage/setting';
import { CliError } from '../cli-error.ts';
import { splitList } from '../comma-list.ts';
import { parsePercent } from '../percent.ts';
import type { SettingFlags } from './flags.ts';

type Given<S extends Settings> = {
  [Column in keyof S as S[Column] extends { readonly flag: object }
    ? WireName<Column, S[Column]>
    : never]?: SettingInput<S[Column]>;
};

/** The settings whose flags were given, by their names on the wire. Throws where a value cannot be one. */
export function givenSettings<S extends Settings>(settings: S, flags: SettingFlags<S>): Given<S> {
  const said: Readonly<Record<string, unknown>> = flags;
  const given = listSettings(settings).flatMap(([column, setting]) => {
    const value = setting.flag && said[attributeOf(setting.flag.name)];
    return value === undefined ? [] : [[wireName(column, setting), parsed(setting, value as string | boolean)]];
  });
  return Object.fromEntries(given) as Given<S>;
}

/** Where commander keeps the value of `--self-assign`: `selfAssign`. */
const attributeOf = (flag: string) => flag.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());

function parsed(setting: Setting, said: string | boolean): unknown {
  if (typeof said === 'boolean') return setting.flag?.inverted ? !said : said;
  if (said === setting.flag?.none) return null;
  switch (setting.type) {
    case 'whole':
      return numberOf(setting, said, `a whole number from ${setting.min} to ${setting.max}`, isWithin(setting));
    case 'fraction': {
      const { above, below } = setting;
      const isBetween = (value: number) => value > above && value < below;
      return numberOf(setting, said, `a number between ${above} and ${below}`, isBetween);
    }
    case 'share':
      return Math.round(parsePercent(said) * 100);
    case 'ids':
      return splitList(said).map(keyId);
    default:
      return said;
  }
}

const isWithin =
  ({ min, max }: { min: number; max: number }) =>
  (value: number) =>
    Number.isInteger(value) && value >= min && value <= max;

function numberOf({ flag }: Setting, said: string, wanted: string, isRight: (value: number) => boolean): number {
  const value = said.trim() === '' ? Number.NaN : Number(said);
  if (isRight(value)) return value;
  const code = `invalid_${flag?.name.replaceAll('-', '_')}`;
  throw new CliError(code, `--${flag?.name} takes ${wanted}, not "${said}".`);
}

function keyId(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new CliError('invalid_protected_keys', `"${text}" is not the id of a key.`, {
    hint: 'overair apikey list shows the ids.',
  });
}

/** A value for people. */
export function printSetting(setting: Setting, value: unknown): string {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) {
    return setting.flag?.none ?? 'none';
  }
  if (setting.type === 'switch') return value ? 'yes' : 'no';
  if (setting.type === 'share') return `${Number(value) / 100} %`;
  return Array.isArray(value) ? value.join(', ') : String(value);
}

interface Shown {
  label: string;
  value: string;
  /** How to change it; empty where another command does. */
  flag: string;
}

/** Those settings of an answer that it has, for people: an older server may not know them all. */
export function shownSettings(settings: Settings, answer: object): Shown[] {
  const values: Readonly<Record<string, unknown>> = { ...answer };
  return listSettings(settings).flatMap(([column, setting]) => {
    const value = values[wireName(column, setting)];
    if (value === undefined) return [];
    return [
      { label: setting.label, value: printSetting(setting, value), flag: setting.flag ? `--${setting.flag.name}` : '' },
    ];
  });
}
