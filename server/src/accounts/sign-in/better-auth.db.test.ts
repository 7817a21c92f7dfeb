// What better-auth and this house have to agree about: tables, and a pool of one connection.

import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../testing/database.ts';
import { betterAuthOptions } from './better-auth.ts';
import { cookieNames } from './cookies.ts';
import { setPassword } from './credentials.ts';
import { forgetExpired } from './expiry.ts';
import { PASSWORD_COST, passwordHash } from './password-hash.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const publicUrl = 'http://updates.test';
const settings = {
  publicUrl,
  secret: 'the secret of tests',
  passwords: passwordHash(PASSWORD_COST),
  cookies: cookieNames(publicUrl),
  log: pino({ level: 'silent' }),
  onEnded() {},
};
const options = () => betterAuthOptions(database.db, settings);

test('our migrations have every table and column that it asks for', async () => {
  const { toBeCreated, toBeAdded } = await getMigrations(options());
  expect({ toBeCreated, toBeAdded }).toEqual({ toBeCreated: [], toBeAdded: [] });
});

const nobody = { email: 'nobody@example.test', name: '', emailVerified: false };

test('a hook before it creates something that asks the outer database is refused, and does not hang', async () => {
  const auth = betterAuth({
    ...options(),
    databaseHooks: {
      user: {
        create: {
          before: async () => {
            await database.db.selectFrom('users').select('id').execute();
          },
        },
      },
    },
  });
  const { internalAdapter } = await auth.$context;
  const made = internalAdapter.createOAuthUser(nobody, { providerId: 'work', accountId: '1' });
  await expect(made).rejects.toThrow('A connection was asked for while this code holds one');
});

test('its api inside a transaction of ours is refused, and does not hang', async () => {
  const auth = betterAuth(options());
  await auth.$context;
  const asked = database.db
    .transaction()
    .execute(() => auth.api.signInEmail({ body: { email: 'nobody@example.test', password: 'x'.repeat(12) } }));
  await expect(asked).rejects.toThrow('A connection was asked for while this code holds one');
});

test('many sign-ins beside many transactions end', async () => {
  const { db } = database;
  const auth = betterAuth(options());
  const context = await auth.$context;
  const hash = await context.password.hash('correct horse battery');
  const { id } = await db
    .insertInto('users')
    .values({ email: 'many@example.test' })
    .returning('id')
    .executeTakeFirstOrThrow();
  await setPassword(db, id, hash);
  const signIn = () =>
    auth.api.signInEmail({ body: { email: 'many@example.test', password: 'correct horse battery' } });
  const transaction = () => db.transaction().execute((trx) => trx.selectFrom('users').select('id').execute());
  const all = await Promise.all(Array.from({ length: 8 }, () => [signIn(), transaction()]).flat());
  expect(all).toHaveLength(16);
});

test('what has ended is forgotten, the rest stays', async () => {
  const { db } = database;
  const { id: user_id } = await db
    .insertInto('users')
    .values({ email: 'ended@example.test' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const [past, future] = [new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)];
  for (const [name, expires_at] of [
    ['ended', past],
    ['open', future],
  ] as const) {
    await db.insertInto('auth_sessions').values({ user_id, token: name, expires_at }).execute();
    await db.insertInto('verifications').values({ identifier: name, value: '', expires_at }).execute();
  }
  await forgetExpired(db);
  const sessions = await db.selectFrom('auth_sessions').select('token').where('user_id', '=', user_id).execute();
  expect(sessions).toEqual([{ token: 'open' }]);
  const waiting = await db
    .selectFrom('verifications')
    .select('identifier')
    .where('identifier', 'in', ['ended', 'open'])
    .execute();
  expect(waiting).toEqual([{ identifier: 'open' }]);
});
