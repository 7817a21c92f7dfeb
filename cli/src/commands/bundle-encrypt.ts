// `overair bundle encrypt` and `decrypt`: the single steps of the self-hosted flow, for bundles that go to foreign storage.

import { resolve } from 'node:path';
import { decryptFile, encryptFile, sealBundle } from '../bundle/encrypt.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { digestFile } from '../crypto/digest.ts';
import { findCapacitorConfig } from '../project/capacitor-config.ts';
import { findPublicKey, getPrivateKey, type KeyOptions } from '../project/key-files.ts';
import { requireKeyOfApp } from '../project/public-key.ts';
import { style } from '../terminal/style.ts';

export async function encryptBundle(context: Context, options: KeyOptions, zipPath?: string, checksum?: string) {
  const source = requireZipPath(context, zipPath);
  const privateKey = await getPrivateKey(context, options);
  await requireKeyOfApp(context, privateKey);
  const clear = await digestZip(source, zipPath!);
  if (checksum && checksum.toLowerCase() !== clear.sha256 && checksum.toLowerCase() !== clear.crc32) {
    throw new CliError('checksum_mismatch', `${zipPath} does not have the checksum ${checksum}.`, {
      detail: { expected: checksum, actual: clear.sha256 },
    });
  }
  const sealed = sealBundle(clear.sha256, privateKey);
  const filename = `${zipPath}_encrypted.zip`;
  const encrypted = await encryptFile(source, resolve(context.cwd, filename), sealed.session);
  context.ui.success(`${style.path(filename)} is encrypted with key ${style.id(sealed.keyId)}`);
  context.ui.say(
    `  session key   ${sealed.sessionKey}\n  checksum      ${sealed.checksum.v3}\n  checksum (v2) ${sealed.checksum.v2}`,
  );
  return {
    checksum: sealed.checksum.v3,
    filename,
    ivSessionKey: sealed.sessionKey,
    checksum_v2: sealed.checksum.v2,
    crc32: clear.crc32,
    key_id: sealed.keyId,
    bytes: encrypted.bytes,
    sha256: encrypted.sha256,
  };
}

export interface DecryptOptions extends KeyOptions {
  checksum?: string;
}

export async function decryptBundle(context: Context, options: DecryptOptions, zipPath?: string, sessionKey?: string) {
  const source = requireZipPath(context, zipPath);
  if (!sessionKey) {
    throw new CliError('missing_argument', 'Which session key? It was printed when the bundle was encrypted.', {
      hint: 'overair bundle decrypt <zip> <ivSessionKey>',
    });
  }
  const configured = (await findCapacitorConfig(context.cwd))?.updater.publicKey;
  const publicKey = await findPublicKey(context, options, configured);
  if (!publicKey)
    throw new CliError('missing_public_key', 'There is no public key.', { hint: 'Pass --key with its file.' });
  if (!options.checksum) context.ui.warn('Without --checksum nobody knows whether the result is what was encrypted.');
  const filename = `${zipPath}_decrypted.zip`;
  const { checksum } = options;
  const clear = await decryptFile(source, resolve(context.cwd, filename), {
    sessionKey,
    publicKey,
    ...(checksum ? { checksum } : {}),
  });
  context.ui.success(`${style.path(filename)}${checksum ? ', checksum verified' : ''}`);
  return { filename, checksum: clear.sha256, bytes: clear.bytes, verified: Boolean(checksum) };
}

function requireZipPath(context: Context, zipPath?: string): string {
  if (zipPath) return resolve(context.cwd, zipPath);
  throw new CliError('missing_argument', 'Which zip?', {
    hint: 'Name the file, for example com.example.app_1.4.0.zip',
  });
}

async function digestZip(path: string, shown: string) {
  return digestFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT' && cause.code !== 'EISDIR') throw cause;
    throw new CliError('zip_not_found', `There is no file ${shown}.`, { cause });
  });
}
