// What a client can understand, told by its platform and plugin version. Source: docs/protocol/device.md §2 and §4.7.

import { LRUCache } from 'lru-cache';
import type { SemVer } from 'semver';
import {
  FIRST_MAJOR_THAT_KEEPS_CHANNELS,
  keepsAnsweredChannelSince,
  misnumberedMajors,
  UNSUPPORTED_MAJOR,
} from '../releases/plugin-versions.ts';
import { parseVersion } from './versions.ts';

export type Platform = 'ios' | 'android' | 'electron';

export const isPlatform = (value: unknown): value is Platform =>
  value === 'ios' || value === 'android' || value === 'electron';

export interface Client {
  /** Plugin 4.x is refused. */
  supported: boolean;
  /** Understands `{"version":"builtin"}`. Electron has no store bundle to go back to. */
  builtin: boolean;
  manifest: boolean;
  /** Reads `link` and `comment`. */
  metadata: boolean;
  /** The digest with which it checks a zip that is not encrypted. */
  digest: 'crc32' | 'sha256';
  /** The form of encrypted checksums that it can read. */
  encryption: 'none' | 'v2' | 'v3';
  /** Its key id is long enough to be compared. */
  comparesKeys: boolean;
  /** With a key in the app it takes encrypted bundles only. */
  refusesClearBundles: boolean;
  /** Keeps its channel itself; older ones rely on the server. */
  storesChannel: boolean;
  /** Keeps the name that `getChannel` was answered, and names it from then on. */
  persistsAnsweredChannel: boolean;
  /** Sends `sessionKey` instead of `session_key` to its own decoder. */
  electron: boolean;
  /** Latches on one 429 until the app is restarted. Source: docs/protocol/device.md §3.6. */
  latchesOn429: boolean;
  /** Reports every "nothing new" as `download_fail`. Source: docs/protocol/device.md §3.6. */
  reportsRefusalAsFailure: boolean;
  /** Clients of one shape digest the same answer: with the list of files, and without. */
  shape: string;
  shapeWithManifest: string;
}

const remembered = new LRUCache<string, Client>({ max: 10_000 });

/** `pluginVersion` may be missing or unparsable on the channel and statistics routes. */
export function clientOf(platform: string, pluginVersion: string): Client {
  const key = `${platform === 'electron' ? 'e' : ''}${pluginVersion}`;
  let client = remembered.get(key);
  if (client === undefined) {
    client = describe(platform, pluginVersion);
    remembered.set(key, client);
  }
  return client;
}

function describe(platform: string, pluginVersion: string): Client {
  const electron = platform === 'electron';
  const version = parseVersion(pluginVersion);
  const missing = pluginVersion.trim() === '';
  const digest = !electron && verifiesCrc32(version) ? 'crc32' : 'sha256';
  const encryption = electron ? electronEncryptionOf(version) : encryptionOf(version);
  const metadata = electron || since(version, { 5: '5.35.0', 6: '6.35.0', 7: '7.35.0', 8: '8.35.0' });
  const shape = `${digest} ${encryption} ${metadata} ${electron}`;
  return {
    supported: version?.major !== UNSUPPORTED_MAJOR,
    builtin: !electron && version !== undefined && version.compare('6.2.0') >= 0,
    manifest: since(version, { 5: '5.10.0', 6: '6.25.0', 7: '7.0.35', 8: '8.0.0' }),
    metadata,
    digest,
    encryption,
    comparesKeys: electron || (version !== undefined && version.compare('8.40.7') > 0),
    refusesClearBundles:
      !electron && version !== undefined && !isMisnumbered(version) && version.compare('8.51.23') >= 0,
    storesChannel: missing || since(version, { 5: '5.34.0', 6: '6.34.0', 7: '7.34.0', 8: '8.0.0' }),
    persistsAnsweredChannel: !electron && !missing && persistsAnsweredChannel(version),
    electron,
    latchesOn429: latchesOn429(version),
    reportsRefusalAsFailure: reportsRefusalAsFailure(version),
    shape,
    shapeWithManifest: `${shape} manifest`,
  };
}

/** At or above the boundary of its own major; majors that no client has count as new, as the vendor does it. */
function since(version: SemVer | undefined, boundaries: Record<5 | 6 | 7 | 8, string>): boolean {
  if (version === undefined) return false;
  const boundary = boundaries[version.major as 5 | 6 | 7 | 8];
  return boundary === undefined || version.compare(boundary) >= 0;
}

const isMisnumbered = ({ major }: SemVer): boolean => (misnumberedMajors as readonly number[]).includes(major);

function persistsAnsweredChannel(version: SemVer | undefined): boolean {
  if (version === undefined || version.major < FIRST_MAJOR_THAT_KEEPS_CHANNELS || isMisnumbered(version)) return false;
  return since(version, keepsAnsweredChannelSince);
}

function verifiesCrc32(version: SemVer | undefined): boolean {
  if (version === undefined) return false;
  if (isMisnumbered(version)) return true;
  if (version.major === 5) return version.compare('5.10.0') < 0;
  if (version.major === 6) return version.compare('6.14.28') < 0;
  return version.major === 7 && version.compare('7.0.2') < 0;
}

function encryptionOf(version: SemVer | undefined): Client['encryption'] {
  if (version === undefined || isMisnumbered(version)) return 'none';
  if (version.major === 5)
    return version.compare('5.30.0') >= 0 ? 'v3' : version.compare('5.10.0') >= 0 ? 'v2' : 'none';
  if (version.major === 6)
    return version.compare('6.30.0') >= 0 ? 'v3' : version.compare('6.1.17') >= 0 ? 'v2' : 'none';
  if (version.major === 7) return version.compare('7.30.0') >= 0 ? 'v3' : version.compare('7.0.2') >= 0 ? 'v2' : 'none';
  return 'v3';
}

/**
 * Electron checks the digest of the encrypted file against that of the clear one, so no encrypted bundle can be installed. It
 * reports 0.0.1 up to its version 0.0.6; what comes after that is taken for mended. Source: docs/protocol/device.md §11.
 */
const electronEncryptionOf = (version: SemVer | undefined): Client['encryption'] =>
  version !== undefined && version.compare('0.0.6') <= 0 ? 'none' : 'v3';

function latchesOn429(version: SemVer | undefined): boolean {
  if (version === undefined) return false;
  const { major, minor } = version;
  if (major === 8) return version.compare('8.51.5') < 0;
  if (major === 7) return version.compare('7.23.8') >= 0 && minor < 51;
  if (major === 6) return version.compare('6.14.28') >= 0 && minor < 51;
  return major === 5 && minor >= 39 && minor < 51;
}

/** The generations G1, early G2 and G3. Unparsable versions count as the oldest, as the vendor does it. */
function reportsRefusalAsFailure(version: SemVer | undefined): boolean {
  if (version === undefined) return true;
  const between = (from: string, to: string) => version.compare(from) >= 0 && version.compare(to) < 0;
  if (version.major < 5) return version.major !== 0;
  if (version.major === 5) return version.compare('5.39.0') < 0;
  if (version.major === 6) return version.compare('6.14.25') < 0 || between('6.25.5', '6.25.9');
  if (version.major === 7) return version.compare('7.17.0') < 0 || between('7.27.5', '7.27.10');
  return isMisnumbered(version);
}
