// One reported event, checked and brought into the form that is recorded (live-update protocol §7).
// Store first, judge later: only what cannot be attributed is refused.

import { actionPattern, namesNoBundle } from '@overair/protocol/device/actions';
import type { Sighting } from '../../devices/sightings.ts';
import type { StatsEvent } from '../../stats/event.ts';
import { clientOf, type Platform } from '../../updates/client.ts';
import type { AppState } from '../../updates/release-state.ts';
import { selectChannel } from '../../updates/select-channel.ts';
import { printVersion } from '../../updates/versions.ts';
import { cannotParse } from './errors.ts';
import { FieldReader, type Fields, storable, textOrUndefined } from './fields.ts';
import { readIdentity, readNativeVersion, updateRules } from './question.ts';

const maxMetadataKeys = 30;
const maxKeyLength = 64;
const maxValueLength = 2048;
const maxVersionLength = 1024;
const thirtyDaysMs = 30 * 24 * 60 * 60 * 1000;

export interface ReadEvent {
  event: StatsEvent;
  sighting: Sighting;
  /** Accepted, but it only says "nothing new" in the words of its generation. */
  isNoise: boolean;
  /** It is about the bundle that was last offered, whatever it names. */
  isAboutOffer: boolean;
}

/** Throws an `AppError` that says why the event cannot be taken. */
export function readEvent(input: unknown, state: AppState, receivedMs: number): ReadEvent {
  const fields = readIdentity(input, updateRules);
  const native = readNativeVersion(fields['version_build']);
  const read = new FieldReader(fields);
  const app_id = read.appId();
  const device_id = read.deviceId();
  const action = readAction(fields['action']);
  read.finish('invalid_json_body');
  const text = (name: string) => textOrUndefined(fields[name]);
  const platform = text('platform') ?? '';
  const plugin_version = text('plugin_version') ?? '';
  const version_build = native ? printVersion(native) : (text('version_build') ?? null);
  const named = text('version_name');
  const version_name = (named === 'builtin' ? version_build : named)?.slice(0, maxVersionLength) || null;
  const timestamp = readTimestamp(fields['timestamp']);
  const isCurrent = timestamp !== undefined && Math.abs(timestamp - receivedMs) <= thirtyDaysMs;
  const event: StatsEvent = {
    app_id,
    device_id,
    action,
    version_name,
    bundle_name: bundleNameOf(state, version_name),
    old_version_name: text('old_version_name')?.slice(0, maxVersionLength) || null,
    old_bundle_name: bundleNameOf(state, text('old_version_name') ?? null),
    platform,
    plugin_version,
    version_build,
    is_prod: fields['is_prod'] !== false,
    is_emulator: fields['is_emulator'] === true,
    channel: channelOf(state, device_id, platform, text('defaultChannel') ?? ''),
    metadata: readMetadata(fields['metadata']),
    occurredMs: isCurrent ? timestamp : receivedMs,
    receivedMs,
    timestamp,
    rollup: true,
  };
  return {
    event,
    sighting: sightingOf(state, event, fields),
    isNoise: action === 'download_fail' && clientOf(platform, plugin_version).reportsRefusalAsFailure,
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

/** Cut to size instead of refused: a stack trace that is too long must not cost the event. */
function readMetadata(value: unknown): Record<string, string> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const entries = Object.entries(value)
    .filter(([, each]) => each !== null && each !== undefined)
    .slice(0, maxMetadataKeys)
    .map(([key, each]) => [
      cut(key, maxKeyLength),
      cut(typeof each === 'string' ? each : JSON.stringify(each), maxValueLength),
    ]);
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

const cut = (text: string, length: number): string => storable(text.slice(0, length));

/** `1.2.0:assets/a.js` is about bundle 1.2.0. `''` when the app has no such bundle. */
export function bundleNameOf(state: AppState, version_name: string | null): string {
  const name = version_name?.split(':', 1)[0] ?? '';
  const known = state.bundleNames.get(name);
  return known && !known.deleted ? name : '';
}

/** Android names the running bundle, or none, when the download of another one fails. */
function isAboutOffer(action: string, platform: string, version_name: string | null): boolean {
  if (!namesNoBundle.has(action)) return platform === 'android' && action === 'checksum_fail';
  return version_name === null || (platform === 'android' && action !== 'download_fail');
}

function channelOf(state: AppState, device_id: string, platform: string, defaultChannel: string): string {
  if (platform !== 'ios' && platform !== 'android' && platform !== 'electron') return '';
  return selectChannel(state, { device_id, platform: platform as Platform, defaultChannel })?.channel.name ?? '';
}

function sightingOf(state: AppState, event: StatsEvent, fields: Fields): Sighting {
  const text = (name: string) => textOrUndefined(fields[name]);
  return {
    app_id: event.app_id,
    device_id: event.device_id,
    platform: event.platform,
    plugin_version: event.plugin_version,
    os_version: text('version_os') ?? null,
    version_build: event.version_build,
    version_code: text('version_code') ?? null,
    version_name: event.version_name,
    custom_id: state.allow_device_custom_id ? (text('custom_id')?.trim().slice(0, 36) ?? '') : '',
    is_prod: event.is_prod,
    is_emulator: event.is_emulator,
    default_channel: text('defaultChannel') || null,
    key_id: text('key_id')?.slice(0, 20) ?? null,
    install_source: text('install_source')?.trim().toLowerCase().slice(0, 64) ?? '',
    offered_version: null,
    seenMs: event.receivedMs,
  };
}
