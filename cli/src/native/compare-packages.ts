// Tells whether the apps that run one bundle have the native code that another bundle expects.

import { compareVersions, parseVersion } from '../project/version.ts';
import type { NativePackage } from './native-packages.ts';

export type Incompatibility =
  | 'new_plugin'
  | 'version_mismatch'
  | 'ios_code_changed'
  | 'android_code_changed'
  | 'both_platforms_changed'
  | 'platform_checksum_metadata_changed';

export interface PackageComparison {
  name: string;
  local: string | null;
  remote: string | null;
  compatible: boolean;
  reason: Incompatibility | null;
  /** Worth knowing, harms nobody. */
  note: 'removed' | 'requested_version_changed' | null;
}

export function comparePackages(local: NativePackage[], remote: NativePackage[]): PackageComparison[] {
  const byName = (list: NativePackage[]) => new Map(list.map((item) => [item.name, item]));
  const [ours, theirs] = [byName(local), byName(remote)];
  return [...new Set([...ours.keys(), ...theirs.keys()])]
    .sort()
    .map((name) => comparePair(name, ours.get(name), theirs.get(name)));
}

function comparePair(
  name: string,
  local: NativePackage | undefined,
  remote: NativePackage | undefined,
): PackageComparison {
  const reason = local && remote ? findReason(local, remote) : local ? 'new_plugin' : null;
  const note = !local
    ? 'removed'
    : remote && local.requested_version !== remote.requested_version
      ? 'requested_version_changed'
      : null;
  return {
    name,
    local: local?.version ?? null,
    remote: remote?.version ?? null,
    compatible: reason === null,
    reason,
    note,
  };
}

function findReason(local: NativePackage, remote: NativePackage): Incompatibility | null {
  if (!sameVersion(local.version, remote.version)) return 'version_mismatch';
  if (!hasFingerprint(local) || !hasFingerprint(remote)) return null;
  if (oneSided(local.ios_checksum, remote.ios_checksum) || oneSided(local.android_checksum, remote.android_checksum)) {
    return 'platform_checksum_metadata_changed';
  }
  const ios = local.ios_checksum !== remote.ios_checksum;
  const android = local.android_checksum !== remote.android_checksum;
  if (ios && android) return 'both_platforms_changed';
  if (ios) return 'ios_code_changed';
  return android ? 'android_code_changed' : null;
}

// Older tools made no fingerprints: nothing can be told from their absence.
const hasFingerprint = (item: NativePackage) => Boolean(item.ios_checksum || item.android_checksum);

const oneSided = (a: string | undefined, b: string | undefined) => Boolean(a) !== Boolean(b);

function sameVersion(a: string, b: string): boolean {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  return left && right ? compareVersions(left, right) === 0 : a === b;
}
