// Addresses of devices as they are stored: endpoints and tokens, sealed for one app.

import type { Vault } from '../../secrets.ts';

/** A row that is copied to another app does not open. */
const purposeOf = (app_id: string): string => `push-target:${app_id}`;

export function sealAddress(vault: Vault, app_id: string, secret: string): string {
  return vault.seal(secret, purposeOf(app_id));
}

export function openAddress(vault: Vault, app_id: string, sealed: string): string {
  return vault.open(sealed, purposeOf(app_id));
}
