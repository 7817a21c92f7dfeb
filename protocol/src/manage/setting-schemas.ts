// Settings as schemas: what requests may say of them, and what answers say.
import { type TOptional, type TUnsafe, Type } from 'typebox';
import { type FieldRules, refusal } from './formats.ts';
import {
  listSettings,
  type Setting,
  type SettingAnswer,
  type SettingInput,
  type Settings,
  type WireName,
  wireName,
} from './setting.ts';

type InputFields<S extends Settings, Null> = {
  [Column in keyof S as WireName<Column, S[Column]>]: TOptional<
    TUnsafe<SettingInput<S[Column]> | (S[Column]['default'] extends null ? null : Null)>
  >;
};

type AnswerFields<S extends Settings> = {
  [Column in keyof S as WireName<Column, S[Column]>]: TUnsafe<SettingAnswer<S[Column]>>;
};

/** All optional. `nullKeeps`: null may also be said of what has no null, and means "not given". */
export function inputFields<S extends Settings, const Keeps extends boolean>(
  settings: S,
  { nullKeeps }: { nullKeeps: Keeps },
) {
  const fields = listSettings(settings).map(([column, setting]) => {
    const mayBeNull = nullKeeps || setting.default === null;
    const schema = {
      ...(mayBeNull ? orNull(inputSchema(setting)) : inputSchema(setting)),
      description: description(setting),
    };
    return [wireName(column, setting), Type.Optional(Type.Unsafe({ ...schema, ...rulesOf(column, setting) }))];
  });
  return Object.fromEntries(fields) as InputFields<S, Keeps extends true ? null : never>;
}

export function answerFields<S extends Settings>(settings: S): AnswerFields<S> {
  const fields = listSettings(settings).map(([column, setting]) => {
    const schema = setting.default === null ? orNull(answerSchema(setting)) : answerSchema(setting);
    return [wireName(column, setting), Type.Unsafe({ ...schema, description: description(setting) })];
  });
  return Object.fromEntries(fields) as AnswerFields<S>;
}

const description = ({ type, about }: Setting) => (type === 'share' ? `basis points: ${about}` : about);

interface ValueSchema {
  readonly type?: string | string[];
  readonly enum?: readonly unknown[];
  readonly [keyword: string]: unknown;
}

function orNull({ type, enum: values, ...schema }: ValueSchema): ValueSchema {
  return {
    ...schema,
    ...(type !== undefined && { type: [type, 'null'].flat() }),
    ...(values && { enum: [...values, null] }),
  };
}

/** Bounds are for requests: a stored value that is out of new bounds must still be shown. */
function answerSchema({ type }: Setting): ValueSchema {
  switch (type) {
    case 'switch':
      return { type: 'boolean' };
    case 'choice':
    case 'text':
      return { type: 'string' };
    case 'time':
      return { type: 'string', format: 'date-time' };
    case 'whole':
    case 'share':
      return { type: 'integer' };
    case 'fraction':
      return { type: 'number' };
    case 'ids':
      return { type: 'array', items: { type: 'integer' } };
  }
}

const MAX_ID = 2_147_483_647;

function inputSchema(setting: Setting): ValueSchema {
  const schema = answerSchema(setting);
  switch (setting.type) {
    case 'choice':
      return { enum: [...setting.values, ...Object.keys(setting.synonyms ?? {})] };
    case 'whole':
      return { ...schema, minimum: setting.min, maximum: setting.max };
    case 'share':
      return { ...schema, minimum: 0, maximum: 10_000 };
    case 'fraction':
      return { ...schema, exclusiveMinimum: setting.above, exclusiveMaximum: setting.below };
    case 'text':
      return { ...schema, minLength: setting.minLength, maxLength: setting.maxLength };
    case 'ids':
      return { ...schema, items: { type: 'integer', minimum: 1, maximum: MAX_ID }, maxItems: setting.maxItems };
    default:
      return schema;
  }
}

function rulesOf(column: string, setting: Setting): FieldRules {
  const { invalid } = setting;
  const alias = setting.alias ?? (setting.wire === undefined ? undefined : column);
  return {
    ...(alias !== undefined && { 'x-alias': alias }),
    ...(invalid?.late && { 'x-late': true }),
    ...(invalid && { 'x-invalid': refusal(invalid.code, invalid.message ?? ruleOf(column, setting)) }),
  };
}

/** What a value has to be. */
function ruleOf(column: string, setting: Setting): string {
  const name = wireName(column, setting);
  switch (setting.type) {
    case 'choice':
      return `${name} must be one of ${setting.values.join(', ')}${setting.default === null ? ', or null' : ''}`;
    case 'whole':
      return `${name} must be an integer between ${setting.min} and ${setting.max}`;
    case 'share':
      return `${name} must be an integer between 0 and 10000`;
    default:
      return `${name} is not valid: ${setting.about}`;
  }
}
