// The checks that stand between a phone and an update, in words. Their names are those of the server's functions
// (server/src/updates/checks.ts); docs/protocol/device.md §4.2 has their order.

import type { MessageId } from './catalogue/en.ts';
import type { Translate } from './words.tsx';

const labels: Readonly<Record<string, MessageId>> = {
  'app is known': 'check.appIsKnown',
  'request comes from a device': 'check.comesFromDevice',
  'plugin is supported': 'check.pluginIsSupported',
  'a channel is found': 'check.channelIsFound',
  'bundle has content': 'check.bundleHasContent',
  'keys match': 'check.keysMatch',
  'device runs another bundle': 'check.runsAnother',
  'platform is on': 'check.platformIsOn',
  'major is allowed': 'check.majorIsAllowed',
  'channel is reachable': 'check.channelIsReachable',
  'minor is allowed': 'check.minorIsAllowed',
  'patch is allowed': 'check.patchIsAllowed',
  'native is new enough': 'check.nativeIsNewEnough',
  'bundle is not under native': 'check.notUnderNative',
  'prod build is allowed': 'check.prodBuild',
  'dev build is allowed': 'check.devBuild',
  'device is allowed': 'check.device',
  'emulator is allowed': 'check.emulator',
  'device can leave for store bundle': 'check.canLeaveForStore',
  'bundle did not fail here': 'check.didNotFailHere',
  'bundle is not withheld here': 'check.notWithheldHere',
  'bundle can be downloaded': 'check.canBeDownloaded',
  'bundle can be decrypted': 'check.canBeDecrypted',
  'device holds the key': 'check.holdsKey',
  'the running bundle is one of ours': 'check.runningIsOurs',
};

/** What would let the phone through, by the code that held it back. */
const mends: Readonly<Record<string, MessageId>> = {
  no_channel: 'mend.no_channel',
  disable_auto_update_to_major: 'mend.versionRule',
  disable_auto_update_to_minor: 'mend.versionRule',
  disable_auto_update_to_patch: 'mend.versionRule',
  disable_auto_update_to_metadata: 'mend.nativeTooOld',
  disable_auto_update_under_native: 'mend.underNative',
  cannot_update_via_private_channel: 'mend.privateChannel',
  bundle_failed_on_device: 'mend.failedHere',
  bundle_withheld_here: 'mend.withheldHere',
  disable_dev_build: 'mend.buildKind',
  disable_prod_build: 'mend.buildKind',
  disable_device: 'mend.buildKind',
  disable_emulator: 'mend.buildKind',
  disabled_platform_ios: 'mend.platform',
  disabled_platform_android: 'mend.platform',
  disabled_platform_electron: 'mend.platform',
  key_id_mismatch: 'mend.key',
  encryption_required: 'mend.key',
  encryption_not_supported: 'mend.plugin',
  unsupported_plugin_version: 'mend.plugin',
};

/** A check of a newer server is shown by its name. */
export function checkLabel(check: string, t: Translate): string {
  const id = labels[check];
  return id === undefined ? check : t(id);
}

export function mendOf(code: string, t: Translate): string | undefined {
  const id = mends[code];
  return id === undefined ? undefined : t(id);
}
