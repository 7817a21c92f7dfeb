// Flags that change settings, made from the lists in @overair/protocol that say what a setting is. Loaded at every start.

import { listSettings, type Setting, type Settings } from '@overair/protocol/manage/setting';
import { type Command, Option } from 'commander';

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** What commander hands over for the flags of these settings. */
export type SettingFlags<S extends Settings> = {
  [Column in keyof S as S[Column] extends { readonly flag: { readonly name: infer Name extends string } }
    ? CamelCase<Name>
    : never]?: S[Column] extends { readonly type: 'switch' } ? boolean : string;
};

/** `--name` for every setting that has a flag, and `--no-name` for a switch. */
export function addSettingFlags(command: Command, settings: Settings): Command {
  for (const [, setting] of listSettings(settings)) for (const option of optionsOf(setting)) command.addOption(option);
  return command;
}

function optionsOf(setting: Setting): Option[] {
  const { flag, about } = setting;
  if (!flag) return [];
  const name = `${flag.short ? `-${flag.short}, ` : ''}--${flag.name}`;
  if (setting.type === 'switch') {
    const [on, off] = flag.inverted ? [setting.off, about] : [about, setting.off];
    return [new Option(name, on), new Option(`--no-${flag.name}`, off)];
  }
  const help = flag.none && setting.type !== 'choice' ? `${about}; "${flag.none}" takes it away` : about;
  const option = new Option(`${name} <${placeholders[setting.type]}>`, help);
  return [setting.type === 'choice' ? option.choices(choicesOf(setting)) : option];
}

const placeholders = {
  choice: 'value',
  whole: 'number',
  share: 'percent',
  fraction: 'number',
  text: 'text',
  time: 'time',
  ids: 'ids',
} as const;

const choicesOf = ({ values, synonyms = {}, flag }: Extract<Setting, { type: 'choice' }>): string[] => [
  ...values,
  ...Object.keys(synonyms),
  ...(flag?.none ? [flag.none] : []),
];
