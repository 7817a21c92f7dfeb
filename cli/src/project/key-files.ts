// Where the key pair lies: our file names, the names older tools used, or a variable of the CI.

import type { KeyObject } from 'node:crypto';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CliError, describeError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { sha256Of } from '../crypto/digest.ts';
import { readPrivateKey, readPublicKey } from '../crypto/key-pair.ts';
import { normalizePem } from '../crypto/pem-text.ts';
import { replaceFile } from '../temporary-files.ts';
import { findPassphrase } from './keychain.ts';

export const PRIVATE_KEY_FILE = '.overair_key';
export const PUBLIC_KEY_FILE = '.overair_key.pub';
/** The key of apps in the field, while a rotation is under way. */
export const PREVIOUS_KEY_FILE = '.overair_key.previous';
export const PRIVATE_KEY_FILES = [PRIVATE_KEY_FILE, '.capgo_key_v2'];
export const PUBLIC_KEY_FILES = [PUBLIC_KEY_FILE, '.capgo_key_v2.pub'];

export interface KeyOptions {
  /** A file. */
  key?: string;
  /** PEM text. */
  keyData?: string;
}

/** From flag, variable or file, in this order; undefined when there is no key, which means "do not encrypt". */
export async function findPrivateKey(context: Context, options: KeyOptions): Promise<KeyObject | undefined> {
  const text = options.keyData ?? (options.key ? undefined : context.env.OVERAIR_PRIVATE_KEY);
  if (text) return unlock(context, text);
  for (const name of options.key ? [options.key] : PRIVATE_KEY_FILES) {
    const pem = await readKeyFile(resolve(context.cwd, name));
    if (pem !== undefined) return unlock(context, pem);
  }
  if (options.key) throw new CliError('missing_key', `There is no key file ${options.key}.`);
  return undefined;
}

/** Only while a rotation is under way. */
export async function findPreviousKey(context: Context): Promise<KeyObject | undefined> {
  const text = context.env.OVERAIR_PREVIOUS_PRIVATE_KEY;
  const pem = text || (await readKeyFile(join(context.cwd, PREVIOUS_KEY_FILE)));
  return pem === undefined ? undefined : unlock(context, pem);
}

export async function getPrivateKey(context: Context, options: KeyOptions): Promise<KeyObject> {
  const key = await findPrivateKey(context, options);
  if (key) return key;
  throw new CliError('missing_key', `There is no private key: ${PRIVATE_KEY_FILE} is not in this folder.`, {
    hint: 'Run overair key create, pass --key, or set OVERAIR_PRIVATE_KEY.',
  });
}

/** From flag, file, then the `publicKey` of the app's config. */
export async function findPublicKey(
  context: Context,
  options: KeyOptions,
  configured: unknown,
): Promise<KeyObject | undefined> {
  if (options.keyData) return readPublicKey(normalizePem(options.keyData));
  for (const name of options.key ? [options.key] : PUBLIC_KEY_FILES) {
    const pem = await readKeyFile(resolve(context.cwd, name));
    if (pem !== undefined) return readPublicKey(normalizePem(pem));
  }
  if (options.key) throw new CliError('missing_public_key', `There is no key file ${options.key}.`);
  return typeof configured === 'string' && configured.trim() ? readPublicKey(configured) : undefined;
}

/** Refuses to replace existing files unless told; the private one is readable by the owner alone. */
export async function saveKeyPair(
  folder: string,
  pair: { privatePem: string; publicPem: string },
  options: { overwrite: boolean },
): Promise<{ privatePath: string; publicPath: string }> {
  const privatePath = join(folder, PRIVATE_KEY_FILE);
  const publicPath = join(folder, PUBLIC_KEY_FILE);
  if (!options.overwrite) await requireNoKeyPair(folder);
  await writeKeyFile(privatePath, pair.privatePem, 0o600);
  await writeKeyFile(publicPath, pair.publicPem, 0o644);
  return { privatePath, publicPath };
}

export async function requireNoKeyPair(folder: string): Promise<void> {
  for (const path of [join(folder, PRIVATE_KEY_FILE), join(folder, PUBLIC_KEY_FILE)]) {
    if (await exists(path)) {
      throw new CliError('key_exists', `${path} exists. A lost key means a new store release, so it is not replaced.`, {
        hint: 'Pass --force to replace it, or use overair key rotate.',
      });
    }
  }
}

async function writeKeyFile(path: string, text: string, mode: number): Promise<void> {
  await replaceFile(path, async (temporary) => {
    await writeFile(temporary, text, { mode, flag: 'wx' });
    await chmod(temporary, mode);
  });
}

async function readKeyFile(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new CliError('unreadable_key', `Cannot read the key file ${path}: ${describeError(error)}`, { cause: error });
  });
}

async function unlock(context: Context, text: string): Promise<KeyObject> {
  const pem = normalizePem(text);
  const known = context.env.OVERAIR_KEY_PASSPHRASE;
  if (!/ENCRYPTED/.test(pem) || known) return readPrivateKey(text, known);
  const kept = await findPassphrase(keychainAccount(pem), context.env);
  if (kept) return readPrivateKey(pem, kept);
  const passphrase = await context.ui.secret({
    message: 'Passphrase of the private key',
    flag: 'OVERAIR_KEY_PASSPHRASE in the environment',
  });
  return readPrivateKey(pem, passphrase);
}

/** Names a private key in the keychain without opening it. */
export const keychainAccount = (privatePem: string) =>
  sha256Of(Buffer.from(privatePem.replace(/\s/g, ''))).slice(0, 16);

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
