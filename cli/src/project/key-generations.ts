// While a key is rotated two generations of apps are in the stores; each gets its own bundle, on its own channel.

import type { KeyObject } from 'node:crypto';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { sha256Of } from '../crypto/digest.ts';
import { keyIdOf, publicPemOf } from '../crypto/key-pair.ts';
import { findCapacitorConfig } from './capacitor-config.ts';
import { findPreviousKey, findPrivateKey, type KeyOptions } from './key-files.ts';
import { configuredKeyId, requireKeyOfApp } from './public-key.ts';

/** One bundle of an upload: encrypted for one generation of apps, or for all. */
export interface Generation {
  /** Undefined: not encrypted. */
  privateKey: KeyObject | undefined;
  versionOf: (version: string) => string;
  channelOf: (channel: string) => string;
  /** Apps choose this generation's channels by their config. */
  selfAssign: boolean;
}

export interface GenerationOptions {
  /** File; false with `--no-key`. */
  key?: string | false;
  keyData?: string;
}

/** What follows a channel's name for apps that hold this key. */
export const generationTag = (keyId: string) => sha256Of(Buffer.from(keyId)).slice(0, 6);

export async function chooseGenerations(context: Context, options: GenerationOptions): Promise<Generation[]> {
  const privateKey = await choosePrivateKey(context, options);
  const single = { versionOf: same, channelOf: same, selfAssign: false };
  const previousKey = privateKey && (await findPreviousKey(context));
  if (!previousKey) return [{ privateKey, ...single }];
  const tag = `-${generationTag(keyIdOf(publicPemOf(privateKey)))}`;
  const previousTag = generationTag(keyIdOf(publicPemOf(previousKey)));
  const baseOf = (channel: string) => (channel.endsWith(tag) ? channel.slice(0, -tag.length) : channel);
  return [
    { privateKey, versionOf: same, channelOf: (channel) => baseOf(channel) + tag, selfAssign: true },
    {
      privateKey: previousKey,
      versionOf: (version) => `${version}${version.includes('+') ? '.' : '+'}key-${previousTag}`,
      channelOf: baseOf,
      selfAssign: false,
    },
  ];
}

async function choosePrivateKey(context: Context, options: GenerationOptions): Promise<KeyObject | undefined> {
  const keyOptions: KeyOptions = {
    ...(options.key ? { key: options.key } : {}),
    ...(options.keyData ? { keyData: options.keyData } : {}),
  };
  const privateKey = options.key === false ? undefined : await findPrivateKey(context, keyOptions);
  if (privateKey) {
    await requireKeyOfApp(context, privateKey);
    return privateKey;
  }
  const expected = configuredKeyId(await findCapacitorConfig(context.cwd));
  if (!expected) return undefined;
  if (options.key !== false) {
    const message = `The app's config holds public key ${expected}, but there is no private key here.`;
    throw new CliError('missing_key', message, {
      hint: 'Its phones refuse bundles that are not encrypted. Set OVERAIR_PRIVATE_KEY, pass --key, or insist with --no-key.',
    });
  }
  context.ui.warn('The app holds a public key: its phones refuse this unencrypted bundle.');
  return undefined;
}

const same = (text: string) => text;
