// What a person signs in with: the only file besides the library that writes `accounts`, and that takes second factors away.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';

export interface Credentials {
  readonly has_password: boolean;
  /** Ids of OIDC providers. */
  readonly providers: readonly string[];
  readonly has_totp: boolean;
  readonly passkeys: number;
}

export async function credentialsOf(db: Db, user_id: string): Promise<Credentials> {
  const accounts = await db.selectFrom('accounts').select('provider_id').where('user_id', '=', user_id).execute();
  const names = accounts.map(({ provider_id }) => provider_id);
  const { has_totp, passkeys } = await db
    .selectFrom('users')
    .select((eb) => [
      sql<boolean>`coalesce(two_factor_enabled, false)`.as('has_totp'),
      eb
        .selectFrom('passkeys')
        .select(sql<number>`count(*)::int`.as('passkeys'))
        .whereRef('passkeys.user_id', '=', 'users.id')
        .as('passkeys'),
    ])
    .where('users.id', '=', user_id)
    .executeTakeFirstOrThrow();
  const providers = names.filter((name) => name !== 'credential').sort();
  return { has_password: names.includes('credential'), providers, has_totp, passkeys: passkeys ?? 0 };
}

export const canSignIn = ({ has_password, providers, passkeys }: Credentials): boolean =>
  has_password || providers.length > 0 || passkeys > 0;

const passwordOf = (db: Db, user_id: string) =>
  db.selectFrom('accounts').select('password').where('user_id', '=', user_id).where('provider_id', '=', 'credential');

/** The hash of a person's password. */
export async function findPasswordHash(db: Db, user_id: string): Promise<string | undefined> {
  return (await passwordOf(db, user_id).executeTakeFirst())?.password ?? undefined;
}

/** The same, after waiting for whoever is changing it at this moment. */
export async function findSettledPasswordHash(db: Db, user_id: string): Promise<string | undefined> {
  return (await passwordOf(db, user_id).forShare().executeTakeFirst())?.password ?? undefined;
}

/** Until the transaction ends nobody else changes how this person signs in. */
export const lockPerson = (trx: Db, user_id: string) =>
  trx.selectFrom('users').select('id').where('id', '=', user_id).forUpdate().executeTakeFirstOrThrow();

/** Sets the password, or another one. */
export async function setPassword(trx: Db, user_id: string, hash: string): Promise<void> {
  await trx
    .insertInto('accounts')
    .values({ user_id, provider_id: 'credential', account_id: user_id, password: hash })
    .onConflict((conflict) =>
      conflict
        .columns(['provider_id', 'account_id'])
        .doUpdateSet({ password: hash, updated_at: sql<Date>`clock_timestamp()` }),
    )
    .execute();
}

/** For who has lost them: authenticator, recovery codes and passkeys are gone. */
export async function removeSecondFactors(trx: Db, user_id: string): Promise<void> {
  await trx.deleteFrom('two_factors').where('user_id', '=', user_id).execute();
  await trx.deleteFrom('passkeys').where('user_id', '=', user_id).execute();
  await trx.updateTable('users').set({ two_factor_enabled: false }).where('id', '=', user_id).execute();
}
