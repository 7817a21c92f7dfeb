// What deciding needs to know of an app: one immutable picture, built from rows and replaced as a whole.

import type { AppSettings } from '@overair/protocol/manage/app-settings';
import type { ChannelSettings } from '@overair/protocol/manage/channel-settings';
import type { SemVer } from 'semver';
import type { DecidingSettings } from '../db/settings.ts';
import type { Platform } from './client.ts';

export interface ManifestEntry {
  file_name: string;
  file_hash: string;
  file_hash_v2: string | null;
  object_sha256: string;
  size: number;
}

export interface Bundle {
  id: number;
  name: string;
  /** Undefined when the name is no semver: such a bundle cannot be compared. */
  version: SemVer | undefined;
  checksum: string | null;
  checksum_v2: string | null;
  crc32: string | null;
  session_key: string | null;
  key_id: string | null;
  external_url: string | null;
  object_sha256: string | null;
  min_update_version: string | null;
  link: string | null;
  comment: string | null;
  manifest: readonly ManifestEntry[];
  /** Places (`placeKey`) at which it is offered to nobody; undefined: none, as a rule. */
  withheldAt: ReadonlySet<string> | undefined;
}

export interface Rollout {
  bundle: Bundle;
  id: string;
  enabled: boolean;
  paused: boolean;
  /** Basis points, 0..10000. */
  percentageBps: number;
}

/** With every setting that says `decides` (protocol/src/manage/channel-settings.ts). */
export interface Channel extends DecidingSettings<ChannelSettings> {
  id: number;
  name: string;
  /** Undefined: the bundle that came with the store. */
  bundle: Bundle | undefined;
  /** Its bundle was deleted: the channel counts as absent. */
  unusable: boolean;
  rollout: Rollout | undefined;
  /** Names of bundles that the guard or a person stopped: who runs one keeps it until the channel's next bundle. */
  stopped: readonly string[];
}

/** What went wrong with a bundle on a device, by the device's native version. */
export interface FailedBundle {
  version_name: string;
  version_build: string;
  /** It was started more than once, and did not come up. */
  didNotStart: boolean;
  /** The key id (`''`: no key) that the device held when it could not open it; null: it could, or never tried. */
  unopenedWith: string | null;
}

/** With every setting of the app that says `decides` (protocol/src/manage/app-settings.ts). */
export interface AppState extends DecidingSettings<AppSettings> {
  app_id: string;
  /** The app's own id, under which its bytes are stored. */
  uuid: string;
  /** By name, then id: the order in which public channels are tried. */
  channels: readonly Channel[];
  channelsById: ReadonlyMap<number, Channel>;
  /** Names of all bundles that ever were, with whether they still are. */
  bundleNames: ReadonlyMap<string, { deleted: boolean }>;
  /** Some channel is rolling out right now. */
  rollingOut: boolean;
  /** Device → channel id. Replaced entry by entry while the state lives: see snapshot.ts. */
  overrides: ReadonlyMap<string, number>;
  /** Names that once led to the public default of these platforms, and that devices may still ask for. */
  formerDefaults: ReadonlyMap<string, readonly Platform[]>;
  /** Device → bundles that it is not to be offered again. */
  failures: ReadonlyMap<string, readonly FailedBundle[]>;
}
