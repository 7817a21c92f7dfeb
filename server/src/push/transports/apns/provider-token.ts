// The token by which Apple knows a developer's team.

import { importPKCS8, SignJWT } from 'jose';
import { ProviderAuthError } from '../provider-auth-error.ts';
import type { ApnsCredential } from './credential.ts';

/** Apple accepts a token for an hour and punishes more than one in 20 minutes. Throws `ProviderAuthError`. */
export async function signProviderToken(key: Pick<ApnsCredential, 'p8' | 'key_id' | 'team_id'>): Promise<string> {
  const privateKey = await importPKCS8(key.p8, 'ES256').catch((cause: unknown) => {
    throw new ProviderAuthError('the .p8 key is unreadable', { cause });
  });
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: key.key_id })
    .setIssuer(key.team_id)
    .setIssuedAt()
    .sign(privateKey);
}
