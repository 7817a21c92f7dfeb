// RSA key pairs as the updater plugin knows them: 2048 bits, the public half as PKCS#1 PEM inside the app's config.

import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { CliError } from '../cli-error.ts';
import { describeArrival, normalizePem } from './pem-text.ts';

// The plugin refuses RSA blocks that are not 256 bytes long.
const MODULUS_BITS = 2048;
const KEY_ID_LENGTH = 20;

interface KeyPairText {
  /** PKCS#1 PEM, or encrypted PKCS#8 PEM when a passphrase was given. */
  privatePem: string;
  /** PKCS#1 PEM, ends with a newline. */
  publicPem: string;
}

/** A new pair; the passphrase, if any, encrypts the private half. */
export async function createKeyPair(passphrase?: string): Promise<KeyPairText> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: MODULUS_BITS });
  const privatePem = passphrase
    ? privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
    : privateKey.export({ type: 'pkcs1', format: 'pem' });
  return { privatePem: String(privatePem), publicPem: publicPemOf(publicKey) };
}

/** Reads PKCS#1 or PKCS#8 text, encrypted or not, whatever a CI variable did to its line ends. */
export function readPrivateKey(text: string, passphrase?: string): KeyObject {
  const pem = normalizePem(text);
  if (/ENCRYPTED/.test(pem) && !passphrase) {
    throw new CliError('missing_passphrase', 'The private key is protected by a passphrase.', {
      hint: 'Set OVERAIR_KEY_PASSPHRASE, or run in a terminal to be asked.',
    });
  }
  try {
    return requireModulus(createPrivateKey({ key: pem, ...(passphrase ? { passphrase } : {}) }), 'invalid_private_key');
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    // The cause is not passed on: OpenSSL's messages may quote what they read.
    throw unreadable(text, pem);
  }
}

function unreadable(text: string, pem: string): CliError {
  if (/ENCRYPTED/.test(pem)) {
    const message = `The private key cannot be opened with this passphrase; ${describeArrival(text)}.`;
    return new CliError('invalid_private_key', message, { hint: 'Check OVERAIR_KEY_PASSPHRASE.' });
  }
  const hint = /OPENSSH/.test(pem)
    ? 'That is the form of ssh-keygen; overair key create makes the right one.'
    : 'It is the text of .overair_key that is wanted; line ends may be real, written as \\n, or lost, and base64 of it will do.';
  return new CliError('invalid_private_key', `This is not an RSA private key in PEM form: ${describeArrival(text)}.`, {
    hint,
  });
}

/** Reads PKCS#1 (`RSA PUBLIC KEY`) or SPKI (`PUBLIC KEY`) text. */
export function readPublicKey(pem: string): KeyObject {
  // createPublicKey derives the public half of a private key without a word: that text must not end up in an app.
  if (/PRIVATE KEY/.test(pem))
    throw new CliError('invalid_public_key', 'This is a private key; the public one is wanted.');
  try {
    return requireModulus(createPublicKey(pem), 'invalid_public_key');
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw new CliError('invalid_public_key', 'This is not an RSA public key in PEM form.', { cause });
  }
}

/** The public half as PKCS#1 PEM, whatever half or form was read. */
export function publicPemOf(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  // Trap: Node 24 cannot export as PKCS#1 what it read as PKCS#1; a detour over JWK makes a key that it can.
  const fresh = createPublicKey({ key: publicKey.export({ format: 'jwk' }), format: 'jwk' });
  return String(fresh.export({ type: 'pkcs1', format: 'pem' }));
}

/** The 20 characters by which devices and the server name a key. */
export function keyIdOf(publicPem: string): string {
  return publicPem.replace(/-----[^-]+-----|\s/g, '').slice(0, KEY_ID_LENGTH);
}

function requireModulus(key: KeyObject, code: string): KeyObject {
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (key.asymmetricKeyType !== 'rsa' || bits !== MODULUS_BITS) {
    const found = key.asymmetricKeyType === 'rsa' ? `${bits} bits` : String(key.asymmetricKeyType);
    throw new CliError(code, `Devices accept RSA keys of ${MODULUS_BITS} bits only; this one is ${found}.`);
  }
  return key;
}
