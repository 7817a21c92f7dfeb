// Bundles on the owner's own storage: only address, checksums and session key are registered, after they were checked against each other.

import type { CreateBundle } from '@overair/protocol/manage/bundle';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { keyIdOf, publicPemOf } from '../crypto/key-pair.ts';
import { openChecksum, openSession, sealChecksum } from '../crypto/seal.ts';
import { findCapacitorConfig } from '../project/capacitor-config.ts';
import { findPrivateKey, findPublicKey } from '../project/key-files.ts';

export interface ExternalOptions {
  /** https address of the bundle. */
  external?: string;
  ivSessionKey?: string;
  encryptedChecksum?: string;
  encryptedChecksumV2?: string;
  /** SHA-256 of a clear bundle. */
  checksum?: string;
}

const V3 = /^[0-9a-f]{512}$/;
const V2 = /^[A-Za-z0-9+/]{342}==$/;
const SHA256 = /^[0-9a-f]{64}$/;

export async function externalFields(context: Context, options: ExternalOptions): Promise<Partial<CreateBundle>> {
  const external_url = requireHttps(options.external ?? '');
  if (options.ivSessionKey || options.encryptedChecksum || options.encryptedChecksumV2) {
    return { external_url, ...(await encryptedFields(context, options)) };
  }
  if (!SHA256.test(options.checksum ?? '')) {
    throw new CliError('missing_checksum', 'Devices refuse a bundle without a checksum.', {
      hint: 'Pass --checksum with the 64 hex characters that overair bundle zip printed, or, for an encrypted bundle, --iv-session-key and --encrypted-checksum.',
    });
  }
  return { external_url, checksum: options.checksum! };
}

async function encryptedFields(context: Context, options: ExternalOptions): Promise<Partial<CreateBundle>> {
  const { ivSessionKey, encryptedChecksum } = options;
  if (!ivSessionKey || !encryptedChecksum) {
    throw new CliError('missing_argument', '--iv-session-key and --encrypted-checksum belong together.', {
      hint: 'overair bundle encrypt printed both.',
    });
  }
  const given = {
    v3: [encryptedChecksum, options.encryptedChecksumV2].find((text) => text && V3.test(text)),
    v2: [options.encryptedChecksumV2, encryptedChecksum].find((text) => text && V2.test(text)),
  };
  if (!given.v3 && !given.v2) {
    throw new CliError('invalid_checksum', 'An encrypted checksum has 512 hex or 344 base64 characters.');
  }
  const configured = (await findCapacitorConfig(context.cwd))?.updater.publicKey;
  const publicKey = await findPublicKey(context, {}, configured);
  if (!publicKey) {
    context.ui.warn('There is no public key here, so session key and checksum go to the server unchecked.');
    return {
      session_key: ivSessionKey,
      checksum: given.v3 ?? given.v2!,
      ...(given.v3 && given.v2 ? { checksum_v2: given.v2 } : {}),
    };
  }
  openSession(ivSessionKey, publicKey);
  const checksums = await completeChecksums(context, given, (text) => openChecksum(text, publicKey));
  return { session_key: ivSessionKey, key_id: keyIdOf(publicPemOf(publicKey)), ...checksums };
}

/** Devices read one of two encodings; whoever holds the private key can make the one that is missing. */
async function completeChecksums(
  context: Context,
  given: { v3: string | undefined; v2: string | undefined },
  open: (text: string) => string,
): Promise<Partial<CreateBundle>> {
  const clear = new Set([given.v3, given.v2].flatMap((text) => (text ? [open(text)] : [])));
  if (clear.size > 1)
    throw new CliError('checksum_mismatch', 'The two encrypted checksums belong to different bundles.');
  if (given.v3 && given.v2) return { checksum: given.v3, checksum_v2: given.v2 };
  const privateKey = await findPrivateKey(context, {});
  if (privateKey) {
    const sealed = sealChecksum([...clear][0]!, privateKey);
    return { checksum: sealed.v3, checksum_v2: sealed.v2 };
  }
  context.ui.warn(
    `Only one form of the checksum is known; phones with ${given.v3 ? 'older' : 'newer'} updater versions will refuse the bundle.`,
  );
  return given.v3 ? { checksum: given.v3 } : { checksum: given.v2! };
}

function requireHttps(text: string): string {
  if (URL.canParse(text) && new URL(text).protocol === 'https:') return text;
  throw new CliError('invalid_protocol', `"${text}" is not an https:// address.`);
}
