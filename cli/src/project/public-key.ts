// The public key that ships inside the app: what we encrypt with must be its other half, or every phone refuses the bundle.

import type { KeyObject } from 'node:crypto';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { keyIdOf, publicPemOf, readPublicKey } from '../crypto/key-pair.ts';
import { type CapacitorConfig, findCapacitorConfig } from './capacitor-config.ts';

/** Key id of `publicKey` in the app's config; undefined when there is none. */
export function configuredKeyId(config: CapacitorConfig | undefined): string | undefined {
  const pem = config?.updater.publicKey;
  return typeof pem === 'string' && pem.trim() ? keyIdOf(publicPemOf(readPublicKey(pem))) : undefined;
}

/** Throws when the app's config names another key than the one about to encrypt. */
export async function requireKeyOfApp(context: Context, privateKey: KeyObject): Promise<void> {
  const inConfig = configuredKeyId(await findCapacitorConfig(context.cwd));
  const used = keyIdOf(publicPemOf(privateKey));
  if (inConfig === undefined) {
    context.ui.warn('The Capacitor config has no publicKey: apps built from it cannot open encrypted bundles.');
  } else if (inConfig !== used) {
    throw new CliError('key_mismatch', `The app's config holds key ${inConfig}, but the private key is ${used}.`, {
      hint: 'Use the private key that belongs to the app, or save the right public key with overair key save.',
      detail: { config_key_id: inConfig, private_key_id: used },
    });
  }
}
