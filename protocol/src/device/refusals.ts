// Every reason why `/updates` offers nothing, with the words that clients and the vendor's tools know.

/** `failed` makes clients report a failed download; the other two are silent. */
export type RefusalKind = 'up_to_date' | 'blocked' | 'failed';

export interface RefusalFacts {
  kind: RefusalKind;
  message: string;
  /** The action under which the refusal is counted; null: not counted. */
  action: string | null;
}

const blocked = (message: string, action: string): RefusalFacts => ({ kind: 'blocked', message, action });
const failed = (message: string, action: string | null): RefusalFacts => ({ kind: 'failed', message, action });

/** Source: docs/protocol/device.md §3.5 and §4.2. The last five codes are ours. */
export const refusals = {
  app_not_found: failed('App not found', null),
  provider_infrastructure_request_blocked: {
    kind: 'blocked',
    message: 'Update requests from known provider infrastructure are blocked',
    action: null,
  },
  unsupported_plugin_version: failed('', 'backend_refusal'),
  no_channel: failed('no default channel or override', 'NoChannelOrOverride'),
  no_bundle: failed('Cannot get bundle', 'missingBundle'),
  key_id_mismatch: blocked(
    'Device encryption key does not match bundle encryption key. The device cannot decrypt this bundle.',
    'keyMismatch',
  ),
  no_new_version_available: { kind: 'up_to_date', message: 'No new version available', action: 'noNew' },
  already_on_builtin: { kind: 'up_to_date', message: 'Already on builtin', action: null },
  disabled_platform_ios: blocked("Cannot update, ios it's disabled", 'disablePlatformIos'),
  disabled_platform_android: blocked('Cannot update, android is disabled', 'disablePlatformAndroid'),
  disabled_platform_electron: blocked('Cannot update, electron is disabled', 'disablePlatformElectron'),
  disable_auto_update_to_major: blocked('Cannot upgrade major version', 'disableAutoUpdateToMajor'),
  cannot_update_via_private_channel: blocked(
    'Cannot update via a private channel. Make the channel public or let devices choose it themselves.',
    'cannotUpdateViaPrivateChannel',
  ),
  disable_auto_update_to_minor: blocked('Cannot upgrade minor version', 'disableAutoUpdateToMinor'),
  disable_auto_update_to_patch: blocked('Cannot upgrade patch version', 'disableAutoUpdateToPatch'),
  misconfigured_channel: failed('', 'channelMisconfigured'),
  disable_auto_update_to_metadata: blocked(
    'Cannot upgrade version, min update version > current version',
    'disableAutoUpdateMetadata',
  ),
  disable_auto_update_under_native: blocked('Cannot revert under native version', 'disableAutoUpdateUnderNative'),
  disable_prod_build: blocked('Cannot update, prod build is disabled', 'disableProdBuild'),
  disable_dev_build: blocked('Cannot update, dev build is disabled', 'disableDevBuild'),
  disable_device: blocked('Cannot update, device is disabled', 'disableDevice'),
  disable_emulator: blocked('Cannot update, emulator is disabled', 'disableEmulator'),
  revert_to_builtin_plugin_version_too_old: failed('revert_to_builtin used, but plugin version is too old', null),
  no_bundle_url: failed('Cannot get bundle url', 'cannotGetBundle'),
  bundle_failed_on_device: blocked(
    'This bundle failed on this device before. It is offered again after a new bundle or a new native version.',
    'bundleFailedOnDevice',
  ),
  bundle_withheld_here: blocked(
    'This bundle failed on other devices with this native version or this OS version. It is withheld there.',
    'bundleWithheldHere',
  ),
  encryption_not_supported: blocked(
    'This bundle is encrypted in a way that this plugin version cannot read. Update the plugin.',
    'encryptionNotSupported',
  ),
  encryption_required: blocked(
    'This bundle is not encrypted, and the app on this device holds a key: it opens encrypted bundles only.',
    'encryptionRequired',
  ),
} as const satisfies Record<string, RefusalFacts>;

export type RefusalCode = keyof typeof refusals;
