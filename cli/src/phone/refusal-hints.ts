// What to do about an update that a phone is refused, by the code of the refusal; the server's own message says what it is.

import type { RefusalCode } from '@overair/protocol/device/refusals';

/** Codes of the vendor's server, and of questions that cannot be asked. */
type ForeignCode = 'null_channel_data' | 'semver_error' | 'invalid_json_body';

export const REFUSAL_HINTS: Readonly<Record<string, string>> = {
  app_not_found: 'Register the app: overair app add.',
  no_channel:
    'No channel is both the default and open to such a phone: overair channel list shows them, overair channel set … --default (--android, --ios, --electron) changes one.',
  null_channel_data: 'Make a channel the default: overair channel set production --default.',
  no_bundle: 'Give the channel a bundle: overair bundle upload --channel …',
  no_bundle_url: 'The bundle has no bytes; upload it again.',
  key_id_mismatch: 'The bundle was made with another key than the app holds: overair key verify, overair doctor.',
  cannot_update_via_private_channel: 'Let devices choose the channel: overair channel set … --self-assign.',
  disable_auto_update_to_major:
    'The channel holds back new major versions: overair channel set … --disable-auto-update none.',
  disable_auto_update_to_minor:
    'The channel holds back new minor versions: overair channel set … --disable-auto-update none.',
  disable_auto_update_to_patch:
    'The channel holds back new patch versions: overair channel set … --disable-auto-update none.',
  disable_auto_update_to_metadata: 'The bundle needs a newer native version; release the app to the stores.',
  disable_auto_update_under_native:
    'The bundle is older than the installed app: overair channel set … --downgrade, or upload a newer one.',
  misconfigured_channel:
    'The channel wants bundles with a minimum version: overair bundle upload --min-update-version …',
  disabled_platform_ios: 'overair channel set … --ios',
  disabled_platform_android: 'overair channel set … --android',
  disabled_platform_electron: 'overair channel set … --electron',
  disable_prod_build: 'overair channel set … --prod',
  disable_dev_build: 'overair channel set … --dev',
  disable_device: 'overair channel set … --device',
  disable_emulator: 'overair channel set … --emulator',
  semver_error:
    'The version of the app is no semantic version, so its phones get no update at all: write it like 1.0.0.',
  bundle_failed_on_device: 'This phone could not start the bundle; upload a mended one.',
  bundle_withheld_here:
    'The bundle failed on phones like this one; upload a mended one, or see overair release withheld.',
  encryption_not_supported:
    'The updater in the app cannot open encrypted bundles: npm install @capgo/capacitor-updater@^8.51.0.',
  invalid_json_body: 'The server could not read the question; is the app id right?',
  unsupported_plugin_version: 'Update the updater: npm install @capgo/capacitor-updater@^8.51.0.',
} satisfies Partial<Record<RefusalCode | ForeignCode, string>>;
