// One event as it is recorded: what happened, to which bundle, on which device.

import { createHash } from 'node:crypto';

export interface StatsEvent {
  app_id: string;
  device_id: string;
  action: string;
  /** As the device named it, `version:file` included; null when it named none. */
  version_name: string | null;
  /** The bundle of the app that it is about; `''` when it is none. */
  bundle_name: string;
  old_version_name: string | null;
  /** The bundle that `old_version_name` is; `''` when it is none. */
  old_bundle_name: string;
  platform: string;
  plugin_version: string;
  version_build: string | null;
  is_prod: boolean;
  is_emulator: boolean;
  channel: string;
  metadata: Record<string, string> | null;
  /** When it happened, in milliseconds. */
  occurredMs: number;
  receivedMs: number;
  /** The same event sent twice counts once; null when nothing tells a repetition from a second event. */
  dedupe_key: string | null;
  /** The id of the key (`''`: none) that the device held when it could not open the bundle. Absent: it is about something else. */
  unopened_with?: string;
  /** From which network it was reported, as a keyed hash; only of failures that count against a bundle. */
  network?: number;
  /** Count it in the rollups with its row; the server's own actions are counted apart, see served.ts. */
  rollup: boolean;
}

/**
 * Tells a repetition from a second event, by the version that the device named: what the server makes of it may be
 * another thing the next time. `timestamp` is the device's own clock, in milliseconds; `metadata` is what the device sent,
 * not what is kept of it, because a client can report several errors of one page in the same millisecond.
 * Migration 0008 computes the same in SQL. Source: docs/protocol/device.md §7.6.
 */
export function dedupeKey(
  { app_id, device_id, action, version_name }: Pick<StatsEvent, 'app_id' | 'device_id' | 'action' | 'version_name'>,
  timestamp: number | undefined,
  metadata: readonly (readonly [name: string, value: string])[] = [],
): string | null {
  if (timestamp === undefined) return null;
  const key = digest(JSON.stringify([app_id, device_id, action, version_name, timestamp]));
  return metadata.length === 0 ? key : digest(key + canonicalJson(metadata));
}

/** The first 128 bits of a SHA-256 in hex: what SQL stores as a uuid. */
const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** Sorted by name: iOS serializes a dictionary in another order after each start. */
function canonicalJson(metadata: readonly (readonly [string, string])[]): string {
  const sorted = metadata.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)));
  return `{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}
