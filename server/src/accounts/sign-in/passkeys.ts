// Passkeys: registered by who is signed in, and a way to sign in that counts as two factors, because each asks for a PIN,
// a finger or a face (WebAuthn, "user verification").

import { isIP } from 'node:net';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { isUniqueViolation } from '../../db/violations.ts';
import { AppError } from '../../errors.ts';
import { actorOf, type Caller } from '../caller.ts';
import { stripTags } from '../plain-text.ts';
import { credentialsOf } from './credentials.ts';
import { keepChallenge, takeChallenge } from './passkey-challenges.ts';
import { endSessionBehind } from './sessions.ts';
import { recordSignInChange } from './sign-in-audit.ts';

/** Large, and needed by few requests. */
const webauthn = () => import('@simplewebauthn/server');

const MOST_PASSKEYS = 20;

/** Why there are no passkeys at this address; undefined where there are. */
export function passkeyObstacle(publicUrl: string): string | undefined {
  const { hostname, protocol } = new URL(publicUrl);
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0)
    return 'Passkeys belong to a name, and this server is opened by an IP address';
  if (protocol !== 'https:' && hostname !== 'localhost') return 'Passkeys need https';
  return undefined;
}

function assertPossible(publicUrl: string): { rpID: string; origin: string } {
  const obstacle = passkeyObstacle(publicUrl);
  if (obstacle !== undefined) throw new AppError('passkeys_impossible', 400, obstacle);
  const { hostname, origin } = new URL(publicUrl);
  return { rpID: hostname, origin };
}

interface Begun {
  readonly options: object;
  /** For the cookie. */
  readonly ticket: string;
}

export async function beginRegistration(db: Db, publicUrl: string, { user_id, user_email }: Caller): Promise<Begun> {
  const { rpID } = assertPossible(publicUrl);
  const own = await listPasskeys(db, user_id);
  if (own.length >= MOST_PASSKEYS) {
    throw new AppError('too_many_passkeys', 400, `You have ${MOST_PASSKEYS} passkeys: remove one that you do not use`);
  }
  const known = await db.selectFrom('passkeys').select('credential_id').where('user_id', '=', user_id).execute();
  const options = await (await webauthn()).generateRegistrationOptions({
    rpName: 'Overair',
    rpID,
    userName: user_email,
    userID: new Uint8Array(Buffer.from(user_id.replaceAll('-', ''), 'hex')),
    attestationType: 'none',
    excludeCredentials: known.map(({ credential_id }) => ({ id: credential_id })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
  const ticket = await keepChallenge(db, { purpose: 'register', challenge: options.challenge, user_id });
  return { options, ticket };
}

const refused = (cause?: unknown) =>
  new AppError(
    'passkey_refused',
    401,
    'This passkey cannot be taken: it has to ask for a PIN, a finger or a face, and to belong to this server',
    {},
    { cause },
  );

/** Source: Web Authentication Level 3, "Registering a New Credential". */
const MAX_CREDENTIAL_ID_BYTES = 1_023;

interface NewPasskey {
  readonly ticket: string | undefined;
  readonly name: string;
  readonly credential: unknown;
}

export async function finishRegistration(
  db: Db,
  publicUrl: string,
  caller: Caller,
  given: NewPasskey,
): Promise<string> {
  const { rpID, origin } = assertPossible(publicUrl);
  const { user_id, user_email: email } = caller;
  const expectedChallenge = await takeChallenge(db, given.ticket, 'register', user_id);
  const { verifyRegistrationResponse } = await webauthn();
  const { registrationInfo } = await verifyRegistrationResponse({
    response: given.credential as RegistrationResponseJSON,
    expectedChallenge,
    expectedOrigin: origin,
    expectedRPID: rpID,
    requireUserVerification: true,
  }).catch((cause) => {
    throw refused(cause);
  });
  if (!registrationInfo) throw refused();
  const { credential, credentialBackedUp } = registrationInfo;
  if (Buffer.from(credential.id, 'base64url').length > MAX_CREDENTIAL_ID_BYTES) throw refused();
  return db.transaction().execute(async (trx) => {
    const before = await credentialsOf(trx, user_id);
    const { id } = await trx
      .insertInto('passkeys')
      .values({
        user_id,
        name: stripTags(given.name).slice(0, 100) || 'Passkey',
        credential_id: credential.id,
        public_key: Buffer.from(credential.publicKey),
        counter: credential.counter,
        transports: [...(credential.transports ?? [])],
        is_backed_up: credentialBackedUp,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
      .catch((error) => {
        throw isUniqueViolation(error) ? refused(error) : error;
      });
    const after = await credentialsOf(trx, user_id);
    await recordSignInChange(trx, actorOf(caller), { user_id, email, before, after, event: 'passkey_added' });
    return id;
  });
}

/** The passkey itself knows whose it is: nobody has to type an address, and nobody learns which ones exist. */
export async function beginPasskeySignIn(db: Db, publicUrl: string): Promise<Begun> {
  const { rpID } = assertPossible(publicUrl);
  const options = await (await webauthn()).generateAuthenticationOptions({ rpID, userVerification: 'required' });
  const ticket = await keepChallenge(db, { purpose: 'sign-in', challenge: options.challenge });
  return { options, ticket };
}

/** Which passkey answered, and whose. Throws `challenge_expired` and `passkey_refused`. */
export async function finishPasskeySignIn(
  db: Db,
  publicUrl: string,
  given: { ticket: string | undefined; credential: unknown },
): Promise<{ user_id: string; passkey_id: string }> {
  const { rpID, origin } = assertPossible(publicUrl);
  const expectedChallenge = await takeChallenge(db, given.ticket, 'sign-in');
  const response = given.credential as AuthenticationResponseJSON;
  const passkey = await db
    .selectFrom('passkeys')
    .select(['id', 'user_id', 'credential_id', 'public_key', 'counter'])
    .where('credential_id', '=', String(response?.id ?? ''))
    .executeTakeFirst();
  if (!passkey) throw refused();
  const { verifyAuthenticationResponse } = await webauthn();
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response,
    expectedChallenge,
    expectedOrigin: origin,
    expectedRPID: rpID,
    requireUserVerification: true,
    credential: {
      id: passkey.credential_id,
      publicKey: new Uint8Array(passkey.public_key),
      counter: passkey.counter,
    },
  }).catch((cause) => {
    throw refused(cause);
  });
  if (!verified || !(await counted(db, passkey.id, authenticationInfo.newCounter))) throw refused();
  return { user_id: passkey.user_id, passkey_id: passkey.id };
}

/**
 * Once a passkey's session is open: ends it, and throws `passkey_refused`, where the passkey was taken away in the
 * meantime. Waits for whoever is doing so at this moment.
 */
export async function assertNotRemoved(db: Db, passkey_id: string, token: string | undefined): Promise<void> {
  const row = await db.selectFrom('passkeys').select('id').where('id', '=', passkey_id).forShare().executeTakeFirst();
  if (row) return;
  if (token !== undefined) await endSessionBehind(db, token);
  throw refused();
}

/** False: another process counted as far in the meantime, so two authenticators have this key. Many count nothing: 0 stays 0. */
async function counted(db: Db, id: string, counter: number): Promise<boolean> {
  const row = await db
    .updateTable('passkeys')
    .set({ counter, last_used_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where(sql<boolean>`(counter < ${counter} or (counter = 0 and ${counter} = 0))`)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export const listPasskeys = (db: Db, user_id: string) =>
  db
    .selectFrom('passkeys')
    .select(['id', 'name', 'is_backed_up', 'created_at', 'last_used_at'])
    .where('user_id', '=', user_id)
    .orderBy('created_at')
    .orderBy('id')
    .execute();

export async function removePasskey(db: Db, caller: Caller, id: string): Promise<void> {
  const { user_id, user_email: email } = caller;
  await db.transaction().execute(async (trx) => {
    const before = await credentialsOf(trx, user_id);
    const gone = await trx
      .deleteFrom('passkeys')
      .where('id', '=', id)
      .where('user_id', '=', user_id)
      .returning('id')
      .executeTakeFirst();
    if (!gone) throw new AppError('passkey_not_found', 404, 'You have no such passkey');
    const after = await credentialsOf(trx, user_id);
    await recordSignInChange(trx, actorOf(caller), { user_id, email, before, after, event: 'passkey_removed' });
  });
}
