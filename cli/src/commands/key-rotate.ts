// `overair key rotate`: a new key for the next store release, while uploads go on serving apps that hold the old one.

import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError, cancelled } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { createKeyPair, keyIdOf } from '../crypto/key-pair.ts';
import { getCapacitorConfig } from '../project/capacitor-config.ts';
import { hideFromGit } from '../project/git-ignore.ts';
import {
  findPreviousKey,
  getPrivateKey,
  PREVIOUS_KEY_FILE,
  PRIVATE_KEY_FILE,
  PRIVATE_KEY_FILES,
  PUBLIC_KEY_FILES,
  saveKeyPair,
} from '../project/key-files.ts';
import { generationTag } from '../project/key-generations.ts';
import { style } from '../terminal/style.ts';
import { newPassphrase, saveSettings } from './key.ts';

export interface RotateOptions {
  /** Ends the rotation: the old key is deleted. */
  finish?: boolean;
  passphrase?: boolean;
  /** The channel that apps follow by default. */
  channel: string;
}

export async function rotateKey(context: Context, options: RotateOptions) {
  return options.finish ? finishRotation(context) : beginRotation(context, options);
}

async function beginRotation(context: Context, options: RotateOptions) {
  const { cwd, ui } = context;
  const config = await getCapacitorConfig(cwd);
  // Opens it, so that a rotation never starts from a key that cannot be used.
  await getPrivateKey(context, {});
  if (await findPreviousKey(context)) {
    throw new CliError('rotation_running', 'A rotation is under way.', {
      hint: 'End it with overair key rotate --finish.',
    });
  }
  const message =
    'Begin a key rotation? It takes a store release, and phones with the old app for as long as you serve them.';
  if (!(await ui.confirm({ message, flag: '--yes' }))) throw cancelled();
  const pair = await createKeyPair(options.passphrase ? await newPassphrase(context) : undefined);
  await setAside(cwd);
  await saveKeyPair(cwd, pair, { overwrite: true });
  for (const name of [PRIVATE_KEY_FILE, PREVIOUS_KEY_FILE]) await hideFromGit(cwd, name);
  const keyId = keyIdOf(pair.publicPem);
  const channel = `${options.channel}-${generationTag(keyId)}`;
  ui.success(`New key ${style.id(keyId)}; the old private key is now ${style.path(PREVIOUS_KEY_FILE)}`);
  await saveSettings(context, config, { publicKey: pair.publicPem, defaultChannel: channel });
  ui.say(`  apps built from now on follow channel ${style.id(channel)}`);
  ui.say(`\nNext: ${style.command('npx cap sync')}, a store release, and uploads as before: each makes two bundles,`);
  ui.say(`one per key. When nobody runs the old app: ${style.command('overair key rotate --finish')}`);
  return { key_id: keyId, previous_key: join(cwd, PREVIOUS_KEY_FILE), channel };
}

async function finishRotation(context: Context) {
  if (!(await findPreviousKey(context))) throw new CliError('no_rotation', 'No rotation is under way here.');
  const message = 'End the rotation? Apps that hold the old key get no update any more, and the old key is deleted.';
  if (!(await context.ui.confirm({ message, flag: '--yes' }))) throw cancelled();
  await rm(join(context.cwd, PREVIOUS_KEY_FILE));
  context.ui.success(
    'The rotation is over. Uploads make one bundle again; put it on the channel that your config names.',
  );
  return { finished: true };
}

async function setAside(cwd: string): Promise<void> {
  for (const name of PRIVATE_KEY_FILES) {
    const moved = await rename(join(cwd, name), join(cwd, PREVIOUS_KEY_FILE)).then(
      () => true,
      () => false,
    );
    if (moved) break;
  }
  for (const name of PUBLIC_KEY_FILES) await rm(join(cwd, name), { force: true });
}
