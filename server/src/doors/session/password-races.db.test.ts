// A password is changed while a sign-in by the old one is on its way: what that sign-in opens is over.

import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { authenticatorCode, Browser, ownerPassword, setUpOwner } from '../../testing/browser.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';

const credentials = { email: 'owner@example.test', password: ownerPassword };
const VERIFY_TOTP = '/session/two-factor/verify-totp';

let server: TestServer;
let owner: Browser;
let hash: string;

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  server = await startTestServer();
  owner = await setUpOwner(server);
  hash = (await passwords())[0]!;
  // The change comes exactly between the look at the old password and what is opened by it.
  await sql`create function change_the_password() returns trigger language plpgsql as $$
    begin update accounts set password = 'another hash' where provider_id = 'credential'; return new; end $$`.execute(
    server.database.db,
  );
});
afterEach(async () => {
  await sql`drop trigger if exists changed_meanwhile on auth_sessions`.execute(server.database.db);
  await sql`drop trigger if exists changed_meanwhile on verifications`.execute(server.database.db);
  await server.database.db.updateTable('accounts').set({ password: hash }).execute();
});
afterAll(async () => {
  vi.useRealTimers();
  await server.close();
});

const passwords = async () =>
  (await server.database.db.selectFrom('accounts').select('password').execute()).map(({ password }) => password);

const changedMeanwhile = (table: 'auth_sessions' | 'verifications') =>
  sql`create trigger changed_meanwhile before insert on ${sql.table(table)}
    for each statement execute function change_the_password()`.execute(server.database.db);

async function counts() {
  const { db } = server.database;
  const sessions = await db.selectFrom('auth_sessions').select('id').execute();
  const waiting = await db.selectFrom('verifications').select('id').where('identifier', 'like', '2fa-%').execute();
  return { sessions: sessions.length, waiting: waiting.length };
}

test('a session that an old password opens is over before it is handed out', async () => {
  const before = await counts();
  await changedMeanwhile('auth_sessions');
  const browser = new Browser(server);
  expect(await browser.post('/session/sign-in/email', credentials)).toMatchObject({
    status: 401,
    json: { error: 'invalid_credentials' },
  });
  expect(browser.cookies.has('overair_session')).toBe(false);
  expect(await counts()).toEqual(before);
});

test('of two changes of one password at once one is too late', async () => {
  const change = (new_password: string) =>
    owner.post('/session/change-password', { current_password: ownerPassword, new_password });
  const next = ['eight loud lamps burn', 'nine new lamps burn'];
  const answers = await Promise.all(next.map(change));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
  const won = next[answers.findIndex(({ status }) => status === 200)]!;
  const signedIn = await new Browser(server).post('/session/sign-in/email', { ...credentials, password: won });
  expect(signedIn.status).toBe(200);
});

describe('with an authenticator', () => {
  let uri: string;
  beforeAll(async () => {
    const { json } = await owner.post('/session/two-factor/enable', { password: ownerPassword });
    uri = json.totp_uri;
    expect((await giveCode(owner)).status).toBe(200);
  });

  const giveCode = (browser: Browser) => {
    vi.setSystemTime(Date.now() + 120_000);
    return browser.post(VERIFY_TOTP, { code: authenticatorCode(uri, Date.now()) });
  };

  async function askedForCode(): Promise<Browser> {
    const browser = new Browser(server);
    expect((await browser.post('/session/sign-in/email', credentials)).json.status).toBe('second_factor');
    return browser;
  }

  test('a sign-in that is to wait for a code is over too', async () => {
    await changedMeanwhile('verifications');
    const browser = new Browser(server);
    expect((await browser.post('/session/sign-in/email', credentials)).status).toBe(401);
    await server.database.db.updateTable('accounts').set({ password: hash }).execute();
    expect((await giveCode(browser)).json.error).toBe('sign_in_expired');
  });

  test('and so is one whose code is right, while the password is changed', async () => {
    const browser = await askedForCode();
    const before = await counts();
    await changedMeanwhile('auth_sessions');
    expect((await giveCode(browser)).json.error).toBe('sign_in_expired');
    expect(browser.cookies.has('overair_session')).toBe(false);
    expect((await counts()).sessions).toBe(before.sessions);
  });

  test.each([
    [
      'another password',
      async () => {
        await giveCode(owner);
        const body = { current_password: ownerPassword, new_password: 'eight loud lamps burn' };
        return owner.post('/session/change-password', body);
      },
    ],
    ['signing out everywhere', () => owner.delete('/session/sessions')],
  ])('%s ends the sign-ins that wait for a code', async (_what, end) => {
    const browser = await askedForCode();
    expect((await end()).status).toBe(200);
    expect((await giveCode(browser)).json.error).toBe('sign_in_expired');
  });

  test('so does the way back, though it takes the authenticator away', async () => {
    const browser = await askedForCode();
    const back = new Browser(server);
    await back.post('/session/recover', { password: ownerPassword }, { authorization: server.adminKey });
    expect((await giveCode(browser)).json.error).toBe('sign_in_expired');
  });
});
