// From the bytes of a request to a checked question, in the order of docs/protocol/device.md §3.3.

import type { SemVer } from 'semver';
import { clientOf } from '../../updates/client.ts';
import type { Question } from '../../updates/question.ts';
import { coerceNativeVersion, printVersion } from '../../updates/versions.ts';
import { refuseManyElements } from './element-count.ts';
import { cannotParse, invalidJson, missingAppId, missingDeviceId, notSemver } from './errors.ts';
import { customIdOf, FieldReader, installSourceOf, type RawFields, storable, textOrUndefined } from './fields.ts';

export interface Rules {
  /** The error's code when a field is wrong. */
  code: 'invalid_json_body' | 'invalid_query_parameters';
  /**
   * `full`: an update check. `channel`: versions may be `''`, and the plugin version may be missing. `list`: only the app
   * and the platform are needed.
   */
  asks: 'full' | 'channel' | 'list';
}

export const updateRules: Rules = { code: 'invalid_json_body', asks: 'full' };

/** The JSON value of a body. Throws `invalid_json_parse_body`, or `too_many_elements` before it is parsed. */
export function parseBody(body: unknown): unknown {
  const text = typeof body === 'string' ? body : '';
  refuseManyElements(text);
  try {
    return JSON.parse(text);
  } catch {
    throw invalidJson();
  }
}

/** Where a request came from. */
export interface Origin {
  ip: string;
  /** The store in whose network that is. */
  provider: string | undefined;
}

/** Throws the first failure in the order of docs/protocol/device.md §3.3. */
export function readQuestion(input: unknown, rules: Rules, { ip, provider }: Origin): Question {
  const fields = readIdentity(input, rules);
  const native = readNativeVersion(fields, rules);
  const version_build = native ? printVersion(native) : fields['version_build'];
  const saidBuiltin = fields['version_name'] === 'builtin';
  const read = new FieldReader(fields);
  const app_id = read.appId();
  const device_id = rules.asks === 'list' ? looseDeviceId(fields) : read.deviceId();
  const version = (name: 'version_name' | 'version_build', value: unknown) =>
    rules.asks === 'list' ? (textOrUndefined(value) ?? '') : read.version(name, value, rules.asks === 'channel');
  const version_name = version('version_name', saidBuiltin ? version_build : fields['version_name']);
  const build = version('version_build', version_build);
  const is_emulator = read.boolean('is_emulator', false);
  const is_prod = read.boolean('is_prod', true);
  const platform = read.platform();
  const plugin_version = rules.asks === 'full' ? read.pluginVersion() : (read.optional('plugin_version') ?? '');
  const defaultChannel = read.optional('defaultChannel') ?? '';
  const install_source = installSourceOf(read.optional('install_source', 64));
  const key_id = read.optional('key_id', 20);
  read.finish(rules.code);
  return {
    app_id,
    device_id,
    platform,
    plugin_version,
    client: clientOf(platform, plugin_version),
    version_name: storable(version_name),
    saidBuiltin,
    version_build: build,
    native: native ?? zero,
    is_prod,
    is_emulator,
    defaultChannel,
    key_id,
    custom_id: customIdOf(fields['custom_id']),
    install_source,
    ip,
    provider,
    version_os: textOrUndefined(fields['version_os']),
    version_code: textOrUndefined(fields['version_code']),
  };
}

/** Listing channels is for everybody; the id only serves to count. */
const looseDeviceId = (fields: RawFields): string =>
  (textOrUndefined(fields['device_id']) ?? '').slice(0, 64).toLowerCase();

const zero = coerceNativeVersion('0.0.0') as SemVer;

/** Rows 2 to 4 of docs/protocol/device.md §3.3: is there a body at all, and does it say who asks about what? */
export function readIdentity(input: unknown, rules: Rules): RawFields {
  if (isNothing(input)) throw cannotParse(rules.code);
  const fields = (typeof input === 'object' ? input : {}) as RawFields;
  if (rules.asks !== 'list' && isMissing(fields['device_id'])) throw missingDeviceId();
  if (hasReadableId(fields, rules) && isMissing(fields['app_id'])) throw missingAppId();
  return fields;
}

/** The vendor trips over a device id that is no text before it looks at anything else: what then is told is row 7. */
const hasReadableId = (fields: RawFields, rules: Rules): boolean =>
  rules.asks === 'list' || typeof fields['device_id'] === 'string';

/** `{}`, `[]`, `""`, `null`, numbers and booleans. */
function isNothing(input: unknown): boolean {
  if (typeof input === 'string') return input === '';
  if (typeof input !== 'object' || input === null) return true;
  // JSON has no inherited keys; a list of all keys would be made only to be counted.
  for (const _ in input) return false;
  return true;
}

const isMissing = (value: unknown): boolean => value === undefined || value === null || !value;

/**
 * Row 5 of docs/protocol/device.md §3.3. Undefined when there is nothing to coerce: the field rules judge what is empty,
 * absent or no text.
 */
export function readNativeVersion(fields: RawFields, rules: Rules): SemVer | undefined {
  const value = fields['version_build'];
  if (typeof value !== 'string' || value === '' || !hasReadableId(fields, rules)) return undefined;
  const native = coerceNativeVersion(value);
  if (native === undefined) throw notSemver(value);
  return native;
}
