// Access tokens of a Firebase project: an assertion that its service account signed, exchanged for a token (RFC 7523).

import { importPKCS8, SignJWT } from 'jose';
import type { PostPool } from '../../../net/post-pool.ts';
import { ProviderAuthError } from '../provider-auth-error.ts';
import { parseAnswer } from './answer.ts';
import type { FcmCredential } from './credential.ts';

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging';
const TOKEN_SECONDS = 3600;
const TIMEOUT_MS = 15_000;

/** Throws `ProviderAuthError` when the account is refused. */
export async function fetchAccessToken(pool: PostPool, account: FcmCredential): Promise<string> {
  const key = await importPKCS8(account.private_key, 'RS256').catch((cause: unknown) => {
    throw new ProviderAuthError('the private_key of the service account is unreadable', { cause });
  });
  const assertion = await new SignJWT({ scope: SCOPE })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: account.private_key_id })
    .setIssuer(account.client_email)
    .setAudience(account.token_uri)
    .setIssuedAt()
    .setExpirationTime(`${TOKEN_SECONDS}s`)
    .sign(key);
  const answer = await pool.post(
    new URL(account.token_uri),
    { 'content-type': 'application/x-www-form-urlencoded' },
    new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }).toString(),
    TIMEOUT_MS,
  );
  const body = parseAnswer(answer.body);
  if (answer.status >= 500) throw new Error(`the token server answered ${answer.status}`);
  if (answer.status !== 200 || typeof body.access_token !== 'string') {
    throw new ProviderAuthError(`the token server refused the service account: ${String(body.error ?? answer.status)}`);
  }
  return body.access_token;
}
