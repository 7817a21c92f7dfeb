// Whether a device can open a bundle, as far as the key that it tells of says so. Source: docs/protocol/device.md §6.5.

import type { Client } from './client.ts';
import type { AppState, Bundle } from './release-state.ts';

type KeyFault = 'encryption_not_supported' | 'encryption_required';

interface KeyHolder {
  client: Client;
  platform: string;
  /** Absent, null and empty: the app holds none, or does not tell. */
  key_id?: string | null | undefined;
}

/** What speaks against opening it. No proof by itself: a device may hold a key and not tell. */
export function keyFaultOf(bundle: Bundle, { client, platform, key_id }: KeyHolder): KeyFault | undefined {
  if (bundle.session_key) return !key_id && client.comparesKeys ? 'encryption_not_supported' : undefined;
  // Android took clear bundles until 8.51.23 whatever key it held, iOS never did.
  return key_id && (client.refusesClearBundles || platform === 'ios') ? 'encryption_required' : undefined;
}

/** The bundle of this name, if a channel offers it. */
export function findOfferedBundle(state: AppState, name: string): Bundle | undefined {
  for (const { bundle, rollout } of state.channels) {
    if (bundle?.name === name) return bundle;
    if (rollout?.bundle.name === name) return rollout.bundle;
  }
  return undefined;
}
