// The cookies of a signed-in browser: their names, and what a session's cookie says.

import { createHmac, timingSafeEqual } from 'node:crypto';

/** How better-auth calls what it keeps in cookies. */
const betterAuthCookies = [
  'session_token',
  'session_data',
  'account_data',
  'dont_remember',
  'two_factor',
  'state',
] as const;

export interface CookieNames {
  /** Prefix of every name. Browsers take `__Host-` only over https, from this host alone and for all paths. */
  readonly prefix: string;
  readonly session: string;
  readonly passkey: string;
  readonly device: string;
  /** Of a sign-in that waits for a second factor. */
  readonly secondFactor: string;
  /** Of an invitation that is accepted by a provider's account. */
  readonly invitation: string;
  readonly isSecure: boolean;
}

export function cookieNames(publicUrl: string): CookieNames {
  const isSecure = new URL(publicUrl).protocol === 'https:';
  const prefix = isSecure ? '__Host-overair_' : 'overair_';
  return {
    prefix,
    session: `${prefix}session`,
    passkey: `${prefix}passkey`,
    device: `${prefix}device`,
    secondFactor: `${prefix}two_factor`,
    invitation: `${prefix}invitation`,
    isSecure,
  };
}

/** For the library's `advanced.cookies`. */
export const betterAuthCookieNames = ({ prefix, session }: CookieNames) =>
  Object.fromEntries(
    betterAuthCookies.map((name) => [name, { name: name === 'session_token' ? session : `${prefix}${name}` }]),
  );

/** The value of one cookie of a `Cookie` header. Of two with the same name the first counts, as with the library. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [key = '', ...rest] = pair.split('=');
    if (key.trim() === name)
      return decoded(
        rest
          .join('=')
          .trim()
          .replace(/^"(.*)"$/, '$1'),
      );
  }
  return undefined;
}

/**
 * A `Cookie` header with this session, or with none: whatever came under its name, however often and however written, is
 * gone. The library reads cookies more loosely than this file, and must not find a session that nobody let in.
 */
export function withSession(header: string | undefined, name: string, value: string | undefined): string {
  const others = (header ?? '').split(';').filter((pair) => pair.trim() !== '' && !pair.includes(name));
  if (value !== undefined) others.push(`${name}=${encodeURIComponent(value)}`);
  return others.map((pair) => pair.trim()).join('; ');
}

/** The value of a cookie that an answer sets. */
export function readSetCookie(lines: readonly string[], name: string): string | undefined {
  return readCookie(
    lines.findLast((line) => line.startsWith(`${name}=`)),
    name,
  );
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** `value.signature`, the signature as better-auth makes it: HMAC-SHA-256 in base64. */
export const signed = (value: string, secret: string) => `${value}.${signatureOf(value, secret)}`;

/** The value behind a signature, or undefined where it was not made with this secret. */
export function verified(text: string | undefined, secret: string): string | undefined {
  const dot = text?.lastIndexOf('.') ?? -1;
  if (text === undefined || dot < 1) return undefined;
  const value = text.slice(0, dot);
  const given = Buffer.from(text.slice(dot + 1));
  const right = Buffer.from(signatureOf(value, secret));
  return given.length === right.length && timingSafeEqual(given, right) ? value : undefined;
}

const signatureOf = (value: string, secret: string) => createHmac('sha256', secret).update(value).digest('base64');

/** A `Set-Cookie` header that no script can read. An age of 0 removes it. */
export function cookieHeader(name: string, value: string, { isSecure }: CookieNames, maxAgeSeconds: number): string {
  const secure = isSecure ? '; Secure' : '';
  return `${name}=${encodeURIComponent(value)}; Max-Age=${maxAgeSeconds}; Path=/; HttpOnly; SameSite=Lax${secure}`;
}
