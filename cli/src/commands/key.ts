// `overair key …`: the pair that makes bundles unforgeable; the private half never leaves this machine.

import { basename } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { createKeyPair, keyIdOf } from '../crypto/key-pair.ts';
import { type CapacitorConfig, findCapacitorConfig, getCapacitorConfig } from '../project/capacitor-config.ts';
import { applyFileChange } from '../project/file-change.ts';
import { planHiddenFromGit } from '../project/git-ignore.ts';
import { keychainAccount, PRIVATE_KEY_FILE, requireNoKeyPair, saveKeyPair } from '../project/key-files.ts';
import { savePassphrase } from '../project/keychain.ts';
import {
  applyUpdaterSettings,
  type ConfigChange,
  planUpdaterSettings,
  type UpdaterSettings,
} from '../project/updater-settings.ts';
import { style } from '../terminal/style.ts';

export interface CreateKeyOptions {
  force?: boolean;
  passphrase?: boolean;
  /** Keeps the passphrase in the keychain of the operating system. */
  keychain?: boolean;
  capacitorConfig?: string;
}

export async function createKey(context: Context, options: CreateKeyOptions) {
  const { cwd, ui } = context;
  const config = await findCapacitorConfig(cwd, options.capacitorConfig);
  if (!options.force) await requireNoKeyPair(cwd);
  const passphrase = options.passphrase || options.keychain ? await newPassphrase(context) : undefined;
  const pair = await createKeyPair(passphrase);
  const edit = config ? await planEdit(context, config, { publicKey: pair.publicPem }) : undefined;
  const hidden = await planHiddenFromGit(cwd, [PRIVATE_KEY_FILE]);
  // Before the files: a keychain that cannot be used must not leave a key behind that nobody expects.
  if (options.keychain && passphrase) await savePassphrase(keychainAccount(pair.privatePem), passphrase, context.env);
  // Before the key: no moment at which git could take it up.
  if (hidden) await applyFileChange(hidden);
  const { privatePath, publicPath } = await saveKeyPair(cwd, pair, { overwrite: options.force ?? false });
  const keyId = keyIdOf(pair.publicPem);
  ui.success(`Key ${style.id(keyId)}`);
  ui.say(`  private  ${style.path(privatePath)}  keep it secret and back it up; without it no update can be made`);
  ui.say(`  public   ${style.path(publicPath)}`);
  if (hidden) ui.say(`  ${PRIVATE_KEY_FILE} was added to .gitignore`);
  if (!config)
    ui.warn('There is no Capacitor config here: put the public key into plugins.CapacitorUpdater.publicKey yourself.');
  if (edit) await applyEdit(context, edit);
  if (edit) ui.say(`\nNext: ${style.command('npx cap sync')}, then release the app to the stores once with this key.`);
  return { key_id: keyId, private_key: privatePath, public_key: publicPath, config: edit ? edit.path : null };
}

/** Edits the app's config; says what to paste where it cannot be edited, and returns false. */
export async function saveSettings(
  context: Context,
  config: CapacitorConfig,
  settings: UpdaterSettings,
): Promise<boolean> {
  const edit = await planEdit(context, config, settings);
  if (edit) await applyEdit(context, edit);
  const { updater } = await getCapacitorConfig(context.cwd, config.path);
  return Object.entries(settings).every(([key, value]) => updater[key] === value);
}

async function planEdit(
  context: Context,
  config: CapacitorConfig,
  settings: UpdaterSettings,
): Promise<ConfigChange | undefined> {
  try {
    return await planUpdaterSettings(context.cwd, config.path, settings);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'config_not_editable') throw error;
    context.ui.warn(`${error.message} ${error.hint}`);
    return undefined;
  }
}

async function applyEdit(context: Context, edit: ConfigChange): Promise<void> {
  await applyUpdaterSettings(context.cwd, edit);
  const names = Object.keys(edit.settings).map((name) => `plugins.CapacitorUpdater.${name}`);
  context.ui.say(`  ${basename(edit.path)} now has ${names.join(', ')}`);
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
