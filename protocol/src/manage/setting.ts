// What one setting is: a column, its names on the wire, what may stand in it, and how a person asks for it and reads it.
// Columns, readers, answers, OpenAPI and flags of the CLI are made from lists of these. No imports: the CLI starts with it.

/** `--name` on the command line. A switch gets `--no-name` too. */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  /** The flag turns the switch off, `--no-…` turns it on. */
  readonly inverted?: true;
  /** The word for null. */
  readonly none?: string;
}

interface Described {
  /** The name on the wire where it is not the column's. The column's name is read too; this one wins. */
  readonly wire?: string;
  /** A spelling that is read besides the column's, and never written. */
  readonly alias?: string;
  /** Two words for a heading. */
  readonly label: string;
  /** One sentence without a full stop, for OpenAPI, the CLI's help and the console. Of a switch: what holds when it is on. */
  readonly about: string;
  readonly flag?: Flag;
  /** Part of what `/updates` decides by: it is loaded into the snapshot. */
  readonly decides?: true;
  /** Written by a rule of its own, not just stored as it comes. */
  readonly ownRule?: true;
  /**
   * The error code of a malformed value instead of `invalid_body`, with a sentence unless the usual one says it. `late`: asked
   * after the permission.
   */
  readonly invalid?: { readonly code: string; readonly message?: string; readonly late?: true };
}

/**
 * `default` is what a new row has, by the migration. Where it is null the column takes null, and null in a request is stored;
 * elsewhere null in a request means "not given".
 */
export type Setting = Described &
  (
    | { readonly type: 'switch'; readonly default: boolean /** What holds when it is off. */; readonly off: string }
    | {
        readonly type: 'choice';
        readonly values: readonly string[];
        /** Older names of values: read, never stored. */
        readonly synonyms?: Readonly<Record<string, string>>;
        readonly default: string | null;
      }
    | { readonly type: 'whole'; readonly min: number; readonly max: number; readonly default: number | null }
    /** Basis points, 0..10000; people say percent. */
    | { readonly type: 'share'; readonly default: number | null }
    /** Neither bound is included. */
    | { readonly type: 'fraction'; readonly above: number; readonly below: number; readonly default: number }
    | {
        readonly type: 'text';
        readonly minLength: number;
        readonly maxLength: number;
        readonly default: string | null;
      }
    | { readonly type: 'time'; readonly default: null }
    | { readonly type: 'ids'; readonly maxItems: number; readonly default: readonly number[] }
  );

/** By column. Declare a list with `as const satisfies Settings`: its names and values become types. */
export type Settings = Readonly<Record<string, Setting>>;

/** What a setting holds, as JSON. */
export type SettingValue<S extends Setting> = S extends { readonly type: 'switch' }
  ? boolean
  : S extends { readonly type: 'choice'; readonly values: readonly (infer Value)[] }
    ? Value
    : S extends { readonly type: 'text' | 'time' }
      ? string
      : S extends { readonly type: 'ids' }
        ? number[]
        : number;

type Synonym<S extends Setting> = S extends { readonly synonyms: infer Names } ? keyof Names : never;

/** What a request may say: older names of values too, and null. */
export type SettingInput<S extends Setting> = SettingValue<S> | Synonym<S> | null;

/** What an answer says. */
export type SettingAnswer<S extends Setting> = SettingValue<S> | (S['default'] extends null ? null : never);

export type WireName<Column, S extends Setting> = S extends { readonly wire: infer Name extends string }
  ? Name
  : Column;

export const wireName = (column: string, setting: Setting): string => setting.wire ?? column;

/** Names and settings in the order of the list, which is the order in which requests are checked. */
export const listSettings = <S extends Settings>(settings: S) =>
  Object.entries(settings) as [column: keyof S & string, setting: Setting][];
