// `overair key …`: the pair that makes bundles unforgeable; the private half never leaves this machine.

import { basename } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { createKeyPair, keyIdOf } from '../crypto/key-pair.ts';
import { type CapacitorConfig, findCapacitorConfig } from '../project/capacitor-config.ts';
import { hideFromGit } from '../project/git-ignore.ts';
import { keychainAccount, PRIVATE_KEY_FILE, saveKeyPair } from '../project/key-files.ts';
import { savePassphrase } from '../project/keychain.ts';
import { writeUpdaterSetting } from '../project/public-key.ts';
import { style } from '../terminal/style.ts';

export interface CreateKeyOptions {
  force?: boolean;
  passphrase?: boolean;
  /** Keeps the passphrase in the keychain of the operating system. */
  keychain?: boolean;
  capacitorConfig?: string;
}

export async function createKey(context: Context, options: CreateKeyOptions) {
  const { ui } = context;
  const config = await findCapacitorConfig(context.cwd, options.capacitorConfig);
  const passphrase = options.passphrase || options.keychain ? await newPassphrase(context) : undefined;
  const pair = await createKeyPair(passphrase);
  // Before the files: a keychain that cannot be used must not leave a key behind that nobody expects.
  if (options.keychain && passphrase) await savePassphrase(keychainAccount(pair.privatePem), passphrase, context.env);
  const { privatePath, publicPath } = await saveKeyPair(context.cwd, pair, { overwrite: options.force ?? false });
  const keyId = keyIdOf(pair.publicPem);
  ui.success(`Key ${style.id(keyId)}`);
  ui.say(`  private  ${style.path(privatePath)}  keep it secret and back it up; without it no update can be made`);
  ui.say(`  public   ${style.path(publicPath)}`);
  if (await hideFromGit(context.cwd, PRIVATE_KEY_FILE)) ui.say(`  ${PRIVATE_KEY_FILE} was added to .gitignore`);
  if (!config)
    ui.warn('There is no Capacitor config here: put the public key into plugins.CapacitorUpdater.publicKey yourself.');
  const configured = config ? await savePublicKey(context, config, pair.publicPem) : false;
  if (configured) {
    ui.say(`\nNext: ${style.command('npx cap sync')}, then release the app to the stores once with this key.`);
  }
  return { key_id: keyId, private_key: privatePath, public_key: publicPath, config: configured ? config!.path : null };
}

/** Puts the public key into the app's config; says what to paste where the config cannot be edited. */
export async function savePublicKey(context: Context, config: CapacitorConfig, publicPem: string): Promise<boolean> {
  try {
    await writeUpdaterSetting(config.path, 'publicKey', publicPem);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'config_not_editable') throw error;
    context.ui.warn(`${error.message} ${error.hint}`);
    return false;
  }
  context.ui.say(`  ${basename(config.path)} now has plugins.CapacitorUpdater.publicKey`);
  return true;
}

/** Asks twice; `OVERAIR_KEY_PASSPHRASE` answers. */
export async function newPassphrase(context: Context): Promise<string> {
  const known = context.env.OVERAIR_KEY_PASSPHRASE;
  if (known) return known;
  const flag = 'OVERAIR_KEY_PASSPHRASE in the environment';
  const first = await context.ui.secret({ message: 'Passphrase for the private key', flag });
  const second = await context.ui.secret({ message: 'The same again', flag });
  if (first !== second || !first)
    throw new CliError('passphrase_mismatch', 'The two passphrases differ, or are empty.');
  return first;
}
