// Identifies an app to push services: RFC 8292 tokens, one per origin, reused until shortly before they end.

import { createECDH, createPrivateKey, type KeyObject, sign } from 'node:crypto';

interface VapidKeys {
  /** 65-byte uncompressed point, base64url. Subscriptions are bound to it. */
  readonly public_key: string;
  /** 32-byte scalar, base64url. */
  readonly private_key: string;
}

const LIFETIME_SECONDS = 12 * 3600;
const RENEW_BEFORE_SECONDS = 3600;
/** A younger token is not to blame: a whole batch may be refused with it. */
const YOUNG_SECONDS = 60;

export function newVapidKeys(): VapidKeys {
  const ecdh = createECDH('prime256v1');
  const publicKey = ecdh.generateKeys();
  // A scalar with leading zero bytes comes out shorter than 32.
  const scalar = Buffer.alloc(32);
  const privateKey = ecdh.getPrivateKey();
  privateKey.copy(scalar, 32 - privateKey.length);
  return { public_key: publicKey.toString('base64url'), private_key: scalar.toString('base64url') };
}

/** Checks that both halves belong together; says what is wrong, undefined when they do. */
export function refuseVapidKeys({ public_key, private_key }: VapidKeys): string | undefined {
  const scalar = Buffer.from(private_key, 'base64url');
  if (scalar.length === 0 || scalar.length > 32) return 'private_key is not a 32-byte scalar in base64url';
  try {
    const ecdh = createECDH('prime256v1');
    ecdh.setPrivateKey(scalar);
    return ecdh.getPublicKey('base64url') === public_key ? undefined : 'public_key does not belong to private_key';
  } catch {
    return 'private_key is not a scalar of P-256';
  }
}

/** Makes `Authorization` values. `subject` is a `mailto:` or `https:` contact. */
export class VapidSigner {
  readonly #publicKey: string;
  readonly #key: KeyObject;
  readonly #subject: string;
  readonly #cache = new Map<string, { value: string; madeAt: number; renewAt: number }>();

  constructor(keys: VapidKeys, subject: string) {
    const point = Buffer.from(keys.public_key, 'base64url');
    this.#publicKey = keys.public_key;
    this.#subject = subject;
    this.#key = createPrivateKey({
      format: 'jwk',
      key: {
        kty: 'EC',
        crv: 'P-256',
        d: keys.private_key,
        x: point.subarray(1, 33).toString('base64url'),
        y: point.subarray(33).toString('base64url'),
      },
    });
  }

  /** The header for a push service's origin. */
  authorization(origin: string, nowSeconds: number): string {
    const cached = this.#cache.get(origin);
    if (cached && nowSeconds < cached.renewAt) return cached.value;
    const exp = nowSeconds + LIFETIME_SECONDS;
    const head = encode({ typ: 'JWT', alg: 'ES256' });
    const claims = encode({ aud: origin, exp, sub: this.#subject });
    const signature = sign('sha256', Buffer.from(`${head}.${claims}`), { key: this.#key, dsaEncoding: 'ieee-p1363' });
    const value = `vapid t=${head}.${claims}.${signature.toString('base64url')}, k=${this.#publicKey}`;
    this.#cache.set(origin, { value, madeAt: nowSeconds, renewAt: exp - RENEW_BEFORE_SECONDS });
    return value;
  }

  /** A refused token is not offered again, unless it is young. Says whether the next one will be another. */
  renew(origin: string, nowSeconds: number): boolean {
    const cached = this.#cache.get(origin);
    if (cached && nowSeconds - cached.madeAt < YOUNG_SECONDS) return false;
    return this.#cache.delete(origin);
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
