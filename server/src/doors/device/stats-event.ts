// One reported event, checked and brought into the form that is recorded (docs/protocol/device.md §7).
// Store first, judge later: only what cannot be attributed is refused.

import { actionPattern, namesNoBundle } from '@overair/protocol/device/actions';
import type { Sighting } from '../../devices/sighting.ts';
import { dedupeKey, type StatsEvent } from '../../stats/event.ts';
import { type Client, clientOf, isPlatform } from '../../updates/client.ts';
import type { AppState } from '../../updates/release-state.ts';
import { selectChannel } from '../../updates/select-channel.ts';
import { printVersion } from '../../updates/versions.ts';
import { DAY_MS } from '../../utc-day.ts';
import { cannotParse } from './errors.ts';
import { customIdOf, FieldReader, installSourceOf, type RawFields, storable, textOrUndefined } from './fields.ts';
import { readIdentity, readNativeVersion, updateRules } from './question.ts';

const MAX_METADATA_KEYS = 30;
const MAX_KEY_LENGTH = 64;
const MAX_VALUE_LENGTH = 2048;
/** `version:file`, with the longest path that a bundle can hold. */
const MAX_VERSION_LENGTH = 1300;
const MAX_PLATFORM_LENGTH = 32;
const MAX_KEY_ID_LENGTH = 20;
const THIRTY_DAYS_MS = 30 * DAY_MS;

export interface ReadEvent {
  event: StatsEvent;
  /** Further lines of the device's log that the event gives rise to. */
  implied: readonly StatsEvent[];
  sighting: Omit<Sighting, 'ip'>;
  /** Accepted, but it only says "nothing new" in the words of its generation. */
  isNoise: boolean;
  /** It is about the bundle that was last offered, whatever it names. */
  isAboutOffer: boolean;
}

/** Throws an `AppError` that says why the event cannot be taken. */
export function readEvent(input: unknown, state: AppState, receivedMs: number): ReadEvent {
  const fields = readIdentity(input, updateRules);
  const native = readNativeVersion(fields, updateRules);
  const read = new FieldReader(fields);
  const app_id = read.appId();
  const device_id = read.deviceId();
  const action = readAction(fields['action']);
  read.finish('invalid_json_body');
  const text = (name: string, maxLength?: number) => textOrUndefined(fields[name], maxLength);
  const platform = text('platform', MAX_PLATFORM_LENGTH) ?? '';
  const plugin_version = text('plugin_version') ?? '';
  const client = clientOf(platform, plugin_version);
  const version_build = native ? printVersion(native) : (text('version_build') ?? null);
  const named = text('version_name', MAX_VERSION_LENGTH);
  const version_name = (named === 'builtin' ? version_build : named) || null;
  const old_version_name = text('old_version_name') || null;
  const timestamp = readTimestamp(fields['timestamp']);
  const metadata = metadataOf(fields['metadata']);
  const isCurrent = timestamp !== undefined && Math.abs(timestamp - receivedMs) <= THIRTY_DAYS_MS;
  const event: StatsEvent = {
    app_id,
    device_id,
    action,
    version_name,
    bundle_name: bundleNameOf(state, version_name),
    old_version_name,
    old_bundle_name: bundleNameOf(state, old_version_name),
    platform,
    plugin_version,
    version_build,
    is_prod: fields['is_prod'] !== false,
    is_emulator: fields['is_emulator'] === true,
    channel: channelOf(state, device_id, platform, client, text('defaultChannel') ?? ''),
    metadata: storableMetadata(metadata),
    occurredMs: isCurrent ? timestamp : receivedMs,
    receivedMs,
    dedupe_key: dedupeKey({ app_id, device_id, action, version_name }, timestamp, metadata),
    rollup: true,
  };
  const custom_id = customIdOf(fields['custom_id']);
  const isIdBlocked = custom_id !== '' && !state.allow_device_custom_id;
  return {
    event,
    implied: impliedBy(event, isIdBlocked, timestamp),
    sighting: sightingOf(event, fields, isIdBlocked ? '' : custom_id),
    isNoise: action === 'download_fail' && client.reportsRefusalAsFailure,
    isAboutOffer: isAboutOffer(action, platform, version_name),
  };
}

function readAction(value: unknown): string {
  if (typeof value === 'string' && actionPattern.test(value)) return value;
  const message =
    value === undefined ? 'action is required' : 'action must be a word of letters, digits and underscores';
  throw cannotParse('invalid_json_body', [{ message, path: ['action'], code: 'custom' }]);
}

const readTimestamp = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;

/** All that was sent, as text. */
function metadataOf(value: unknown): [name: string, value: string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value)
    .filter(([, each]) => each !== null && each !== undefined)
    .map(([name, each]) => [name, typeof each === 'string' ? each : print(each)]);
}

/** Cut to size instead of refused: a stack trace that is too long must not cost the event. */
function storableMetadata(sent: readonly (readonly [string, string])[]): Record<string, string> | null {
  if (sent.length === 0) return null;
  const kept = sent
    .slice(0, MAX_METADATA_KEYS)
    .map(([name, value]) => [storable(name, MAX_KEY_LENGTH), storable(value, MAX_VALUE_LENGTH)]);
  return Object.fromEntries(kept);
}

/** Parsing has no limit of depth, printing has one. */
function print(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '';
  }
}

/** What the log also has to say, each line once however often the event is sent. Source: docs/protocol/device.md §7.4. */
function impliedBy(event: StatsEvent, isIdBlocked: boolean, timestamp: number | undefined): StatsEvent[] {
  const { bundle_name, old_bundle_name } = event;
  const changes: Partial<StatsEvent>[] = [];
  const isInstall = event.action === 'set' && event.is_prod && !event.is_emulator;
  if (isInstall && old_bundle_name !== '' && old_bundle_name !== bundle_name) {
    changes.push({ action: 'uninstall', version_name: old_bundle_name, bundle_name: old_bundle_name });
  }
  if (isIdBlocked) changes.push({ action: 'customIdBlocked' });
  return changes.map((change) => {
    const implied = { ...event, ...change, old_version_name: null, old_bundle_name: '', metadata: null };
    return { ...implied, dedupe_key: dedupeKey(implied, timestamp) };
  });
}

/** `1.2.0:assets/a.js` is about bundle 1.2.0. `''` when the app has no such bundle. */
export function bundleNameOf(state: AppState, version_name: string | null): string {
  const name = version_name?.split(':', 1)[0] ?? '';
  const known = state.bundleNames.get(name);
  return known && !known.deleted ? name : '';
}

/** Android names the running bundle, or none, when the download of another one fails; who lacks a key names the one or the other. */
function isAboutOffer(action: string, platform: string, version_name: string | null): boolean {
  if (action === 'session_key_required' || action === 'checksum_required') return true;
  if (!namesNoBundle.has(action)) return platform === 'android' && action === 'checksum_fail';
  return version_name === null || (platform === 'android' && action !== 'download_fail');
}

function channelOf(
  state: AppState,
  device_id: string,
  platform: string,
  client: Client,
  defaultChannel: string,
): string {
  if (!isPlatform(platform)) return '';
  return selectChannel(state, { device_id, platform, client, defaultChannel })?.channel.name ?? '';
}

/** `custom_id`: `''` keeps what is known. */
function sightingOf(event: StatsEvent, fields: RawFields, custom_id: string): Omit<Sighting, 'ip'> {
  const text = (name: string, maxLength?: number) => textOrUndefined(fields[name], maxLength);
  return {
    app_id: event.app_id,
    device_id: event.device_id,
    platform: event.platform,
    plugin_version: event.plugin_version,
    os_version: text('version_os') ?? null,
    version_build: event.version_build,
    version_code: text('version_code') ?? null,
    version_name: event.version_name && storable(event.version_name),
    custom_id,
    is_prod: event.is_prod,
    is_emulator: event.is_emulator,
    default_channel: text('defaultChannel') || null,
    key_id: text('key_id', MAX_KEY_ID_LENGTH) ?? null,
    install_source: installSourceOf(fields['install_source']),
    offered_version: null,
    seenMs: event.receivedMs,
  };
}
