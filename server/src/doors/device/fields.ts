// The fields that every request of a device carries, with the rules and words of docs/protocol/device.md §3.3.

import { storableText } from '../../storable-text.ts';
import { isPlatform, type Platform } from '../../updates/client.ts';
import { parseVersion } from '../../updates/versions.ts';
import { cannotParse, type Issue } from './errors.ts';

/** A body or a query, not yet checked. */
export type RawFields = Readonly<Record<string, unknown>>;

export const appIdPattern = /^[a-z0-9]+(\.[\w-]+)+$/i;
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Gathers what is wrong, one issue a field, in the order in which the fields are asked for. */
export class FieldReader {
  readonly #fields: RawFields;
  readonly #issues: Issue[] = [];

  constructor(fields: RawFields) {
    this.#fields = fields;
  }

  /** Throws `code` with all issues, if there are any. */
  finish(code: string): void {
    if (this.#issues.length > 0) throw cannotParse(code, this.#issues);
  }

  appId(): string {
    const value = this.#fields['app_id'];
    if (value === undefined) return this.#wrong('app_id', 'App ID is required');
    if (typeof value !== 'string') return this.#wrong('app_id', 'App ID must be a string');
    return appIdPattern.test(value) ? value : this.#wrong('app_id', 'App ID must be a reverse domain string');
  }

  /** In lower case: old iOS versions send capitals. */
  deviceId(): string {
    const value = this.#fields['device_id'];
    if (value === undefined) return this.#wrong('device_id', 'Device ID is required');
    if (typeof value !== 'string') return this.#wrong('device_id', 'Device ID must be a string');
    if (value.length > 36) return this.#wrong('device_id', tooLong(36));
    return uuidPattern.test(value)
      ? value.toLowerCase()
      : this.#wrong('device_id', 'Device ID must be a valid UUID string');
  }

  version(name: 'version_name' | 'version_build', value: unknown, allowEmpty: boolean): string {
    const label = name === 'version_name' ? 'Version name' : 'Version build';
    if (value === undefined || (value === '' && !allowEmpty)) return this.#wrong(name, `${label} is required`);
    return typeof value === 'string' ? value : this.#wrong(name, `${label} must be a string`);
  }

  boolean(name: 'is_emulator' | 'is_prod', fallback: boolean): boolean {
    const value = this.#fields[name];
    if (value === undefined || value === null) return fallback;
    if (typeof value === 'boolean') return value;
    this.#wrong(name, `${name} must be a boolean`);
    return fallback;
  }

  platform(): Platform {
    const value = this.#fields['platform'];
    if (isPlatform(value)) return value;
    this.#wrong('platform', value === undefined ? 'Platform is required' : 'Platform is not supported or invalid');
    return 'android';
  }

  pluginVersion(): string {
    const value = this.#fields['plugin_version'];
    if (value === undefined) return this.#wrong('plugin_version', 'plugin_version is required');
    if (typeof value === 'string' && parseVersion(value) !== undefined) return value;
    return this.#wrong('plugin_version', 'Plugin version is invalid');
  }

  /** Undefined when absent. `null` is a wrong type. */
  optional(name: string, maxLength = Number.POSITIVE_INFINITY): string | undefined {
    const value = this.#fields[name];
    if (value === undefined) return undefined;
    if (typeof value !== 'string') return this.#wrong(name, `${name} must be a string`);
    return value.length > maxLength ? this.#wrong(name, tooLong(maxLength)) : storable(value);
  }

  #wrong(name: string, message: string): '' {
    this.#issues.push({ message, path: [name], code: 'custom' });
    return '';
  }
}

const tooLong = (length: number): string => `String must contain at most ${length} character(s)`;

/** Longer than any name of a bundle or channel, and short enough for the indexes of the database. */
const MAX_TEXT_LENGTH = 512;

/** A field that is noted but never refused. */
export const textOrUndefined = (value: unknown, maxLength?: number): string | undefined =>
  typeof value === 'string' ? storable(value, maxLength) : undefined;

export const storable = (text: string, maxLength = MAX_TEXT_LENGTH): string => storableText(text, maxLength);

const MAX_CUSTOM_ID_LENGTH = 36;
const MAX_INSTALL_SOURCE_LENGTH = 64;

/** `''` when there is none. */
export const customIdOf = (value: unknown): string =>
  typeof value === 'string' ? storable(value.trim(), MAX_CUSTOM_ID_LENGTH) : '';

/** Lower case; `''` when there is none. */
export const installSourceOf = (value: unknown): string =>
  typeof value === 'string' ? storable(value.trim().toLowerCase(), MAX_INSTALL_SOURCE_LENGTH) : '';
