// Why a phone is offered nothing, in words. The codes are those of protocol/src/device/refusals.ts.

import type { RefusalCode } from '@overair/protocol/device/refusals';
import type { MessageId } from './catalogue/en.ts';
import type { Translate } from './words.tsx';

const refusalLabels = {
  app_not_found: 'refusal.app_not_found',
  provider_infrastructure_request_blocked: 'refusal.provider_infrastructure_request_blocked',
  unsupported_plugin_version: 'refusal.unsupported_plugin_version',
  no_channel: 'refusal.no_channel',
  no_bundle: 'refusal.no_bundle',
  key_id_mismatch: 'refusal.key_id_mismatch',
  no_new_version_available: 'refusal.no_new_version_available',
  already_on_builtin: 'refusal.already_on_builtin',
  disabled_platform_ios: 'refusal.disabled_platform_ios',
  disabled_platform_android: 'refusal.disabled_platform_android',
  disabled_platform_electron: 'refusal.disabled_platform_electron',
  disable_auto_update_to_major: 'refusal.disable_auto_update_to_major',
  cannot_update_via_private_channel: 'refusal.cannot_update_via_private_channel',
  disable_auto_update_to_minor: 'refusal.disable_auto_update_to_minor',
  disable_auto_update_to_patch: 'refusal.disable_auto_update_to_patch',
  misconfigured_channel: 'refusal.misconfigured_channel',
  disable_auto_update_to_metadata: 'refusal.disable_auto_update_to_metadata',
  disable_auto_update_under_native: 'refusal.disable_auto_update_under_native',
  disable_prod_build: 'refusal.disable_prod_build',
  disable_dev_build: 'refusal.disable_dev_build',
  disable_device: 'refusal.disable_device',
  disable_emulator: 'refusal.disable_emulator',
  revert_to_builtin_plugin_version_too_old: 'refusal.revert_to_builtin_plugin_version_too_old',
  no_bundle_url: 'refusal.no_bundle_url',
  bundle_failed_on_device: 'refusal.bundle_failed_on_device',
  bundle_withheld_here: 'refusal.bundle_withheld_here',
  encryption_not_supported: 'refusal.encryption_not_supported',
  encryption_required: 'refusal.encryption_required',
} as const satisfies Record<RefusalCode, MessageId>;

/** A code of a newer server is shown as it is. */
export function refusalLabel(code: string, t: Translate): string {
  const id = refusalLabels[code as RefusalCode] as MessageId | undefined;
  return id === undefined ? code : t(id);
}
