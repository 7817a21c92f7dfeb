// Building blocks shared by the management schemas: formats, nullable types, pages, and how a field names its own errors.
import { type Static, type TProperties, type TSchema, Type } from 'typebox';

/** What the server answers when a field is absent (`x-missing`) or malformed (`x-invalid`): code and sentence. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Schema keywords of our own. They travel into the OpenAPI document, where the `x-` prefix makes them legal. */
export interface FieldRules {
  /** The answer when the field is absent, null or empty. */
  'x-missing'?: Refusal;
  /** The answer when the field has the wrong type or value. */
  'x-invalid'?: Refusal;
  /** Another accepted spelling of the field; the main one wins. */
  'x-alias'?: string;
  /** Checked only after the caller's permission was established, as the contract's order of errors asks. */
  'x-late'?: boolean;
}

/**
 * For inputs that limit a right or a list: a name that nobody understands is refused, for ignoring it would give more
 * than was asked for. Inputs without it ignore unknown names, as the contract says.
 */
export const onlyKnown = { additionalProperties: false } as const;

/** The same for a change, where the contract has an answer of its own when not one setting is known. */
export const onlyKnownSettings = (nothingKnown: Refusal, identifiedBy: readonly string[]) => ({
  ...onlyKnown,
  'x-nothing-known': { ...nothingKnown, identifiedBy },
});

export const refusal = (code: string, message: string): Refusal => ({ code, message });

type Options = FieldRules & Record<string, unknown>;

export const nullableString = (options: Options = {}) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], ...options });
export const nullableInteger = (options: Options = {}) =>
  Type.Unsafe<number | null>({ type: ['integer', 'null'], ...options });
export const nullableBoolean = (options: Options = {}) =>
  Type.Unsafe<boolean | null>({ type: ['boolean', 'null'], ...options });
export const nullable = <T extends TSchema>(schema: T) =>
  Type.Unsafe<Static<T> | null>(Type.Union([schema, Type.Null()]));

/** ISO 8601 in UTC with milliseconds. */
export const Timestamp = Type.String({ format: 'date-time' });
export const NullableTimestamp = nullableString({ format: 'date-time' });
export const Uuid = Type.String({ format: 'uuid' });
export const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

export const APP_ID_PATTERN = '^[A-Za-z0-9]+(\\.[A-Za-z0-9_-]+)+$';
export const missingAppId = refusal('missing_app_id', 'Missing app_id');
export const invalidAppId = refusal('invalid_app_id', 'App ID must be a reverse domain string');

export const appIdField = (missing: Refusal = missingAppId) =>
  Type.String({ pattern: APP_ID_PATTERN, maxLength: 155, 'x-missing': missing, 'x-invalid': invalidAppId });

/** Pages start at 0; one behind the last is empty. A field with a default never fails: anything unreadable counts as absent. */
export const Page = Type.Optional(Type.Integer({ minimum: 0, default: 0 }));

/** The `updated_at` a writer read: the write is refused with 409 `stale_write` when somebody was faster. */
export const ExpectedUpdatedAt = Type.Optional(Type.String({ format: 'date-time' }));

/** An answer object. Fastify writes its declared fields and drops all others, so nothing secret can leave. */
export const answer = <T extends TProperties>(properties: T) => Type.Object(properties);

export const Ok = answer({ status: Type.Literal('ok') });
export type Ok = Static<typeof Ok>;
