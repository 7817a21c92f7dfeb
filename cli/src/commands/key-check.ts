// `overair key save|show-id|verify`: make sure that the key in the app and the key on this machine belong together.

import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { keyIdOf, publicPemOf } from '../crypto/key-pair.ts';
import { createSession, openChecksum, openSession, sealChecksum, sealSession } from '../crypto/seal.ts';
import { findCapacitorConfig, getCapacitorConfig } from '../project/capacitor-config.ts';
import { findPrivateKey, findPublicKey, getPrivateKey, type KeyOptions } from '../project/key-files.ts';
import { configuredKeyId } from '../project/public-key.ts';
import { style } from '../terminal/style.ts';
import { saveSettings } from './key.ts';

export interface SaveKeyOptions extends KeyOptions {
  capacitorConfig?: string;
}

export async function saveKey(context: Context, options: SaveKeyOptions) {
  const config = await getCapacitorConfig(context.cwd, options.capacitorConfig);
  const publicKey = await findPublicKey(context, options, undefined);
  if (!publicKey) {
    throw new CliError('missing_public_key', 'There is no public key to save.', {
      hint: 'Pass --key with its file, or --key-data.',
    });
  }
  const pem = publicPemOf(publicKey);
  const saved = await saveSettings(context, config, { publicKey: pem });
  if (!saved) throw new CliError('config_not_editable', `${basename(config.path)} cannot be edited safely.`);
  context.ui.success(`Key ${style.id(keyIdOf(pem))}`);
  return { key_id: keyIdOf(pem), config: config.path };
}

export async function showKeyId(context: Context, options: KeyOptions) {
  const ids = await knownKeyIds(context, options);
  const rows = Object.entries(ids).flatMap(([where, id]) => (id ? [{ where: where.replace('_', ' '), id }] : []));
  if (rows.length === 0)
    throw new CliError('missing_key', 'There is no key here.', { hint: 'Run overair key create.' });
  context.ui.table(
    [
      { title: 'Where', cell: (row) => row.where },
      { title: 'Key id', cell: (row) => style.id(row.id) },
    ],
    rows,
    '',
  );
  return ids;
}

/** Signs and opens a sample with what is here, and compares all key ids. */
export async function verifyKey(context: Context, options: KeyOptions) {
  const ids = await knownKeyIds(context, options);
  const privateKey = await getPrivateKey(context, options);
  const configured = (await findCapacitorConfig(context.cwd))?.updater.publicKey;
  const publicKey = await findPublicKey(context, {}, configured);
  const different = Object.entries(ids).filter(([, id]) => id && id !== ids.private_key);
  if (different.length > 0 || !publicKey) {
    const message = publicKey ? 'The keys do not belong together.' : 'There is no public key to verify against.';
    throw new CliError('key_mismatch', message, {
      detail: ids,
      hint: 'Run overair key save with the right public key.',
    });
  }
  const sample = randomBytes(32).toString('hex');
  const session = createSession();
  const { v3, v2 } = sealChecksum(sample, privateKey);
  const opened = openSession(sealSession(session, privateKey), publicKey);
  const works =
    openChecksum(v3, publicKey) === sample &&
    openChecksum(v2, publicKey) === sample &&
    opened.aesKey.equals(session.aesKey);
  if (!works) throw new CliError('key_mismatch', 'What the private key seals the public key cannot open.');
  context.ui.success(`Private and public key belong together: ${style.id(ids.private_key ?? '')}`);
  if (!ids.config) context.ui.warn('The Capacitor config has no publicKey yet. Run overair key save.');
  return { ...ids, verified: true };
}

async function knownKeyIds(context: Context, options: KeyOptions) {
  const privateKey = await findPrivateKey(context, options);
  const publicKey = await findPublicKey(context, {}, undefined);
  return {
    private_key: privateKey ? keyIdOf(publicPemOf(privateKey)) : null,
    public_key: publicKey ? keyIdOf(publicPemOf(publicKey)) : null,
    config: configuredKeyId(await findCapacitorConfig(context.cwd)) ?? null,
  };
}
