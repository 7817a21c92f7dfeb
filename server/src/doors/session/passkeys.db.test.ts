// Passkeys: a way in that is two factors at once, or none at all.

import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Browser, ownerPassword, setUpOwner } from '../../testing/browser.ts';
import { FakeAuthenticator } from '../../testing/fake-authenticator.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';

const publicUrl = 'https://updates.test';

let server: TestServer;
let owner: Browser;
let authenticator: FakeAuthenticator;

beforeAll(async () => {
  server = await startTestServer({ publicUrl });
  owner = await setUpOwner(server);
});
afterAll(() => server.close());

async function register(by: FakeAuthenticator, browser = owner) {
  const { json } = await browser.post('/session/passkeys/register/begin');
  return browser.post('/session/passkeys/register/finish', { name: 'Phone', credential: by.register(json.options) });
}

async function signIn(by: FakeAuthenticator, browser = new Browser(server)) {
  const { json } = await browser.post('/session/passkeys/sign-in/begin');
  return {
    browser,
    answer: await browser.post('/session/passkeys/sign-in/finish', { credential: by.answer(json.options) }),
  };
}

beforeEach(async () => {
  await server.database.db.deleteFrom('passkeys').execute();
  owner = new Browser(server);
  await owner.post('/session/sign-in/email', { email: 'owner@example.test', password: ownerPassword });
  authenticator = new FakeAuthenticator(publicUrl);
  expect(await register(authenticator)).toMatchObject({ status: 200, json: { id: expect.any(String) } });
});

describe('a passkey', () => {
  test('is asked for by name of this server, and has to know its person', async () => {
    const { json } = await owner.post('/session/passkeys/register/begin');
    expect(json.options).toMatchObject({
      rp: { id: 'updates.test' },
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      excludeCredentials: [{ id: authenticator.passkey.id.toString('base64url') }],
    });
    const { json: begun } = await new Browser(server).post('/session/passkeys/sign-in/begin');
    expect(begun.options).toMatchObject({ rpId: 'updates.test', userVerification: 'required' });
    expect(begun.options.allowCredentials ?? []).toEqual([]);
  });

  test('signs in, as a second factor', async () => {
    const { browser, answer } = await signIn(authenticator);
    expect(answer.json).toEqual({ status: 'ok' });
    expect((await browser.get('/session/me')).json).toMatchObject({
      person: { email: 'owner@example.test' },
      sign_in: { second_factors: ['passkey'] },
      session: { second_factor_at: expect.any(String) },
    });
  });

  test('that is taken away while it signs in opens nothing', async () => {
    const { db } = server.database;
    const { json: before } = await owner.get('/session/sessions');
    await sql`create function take_passkeys_away() returns trigger language plpgsql as $$
      begin delete from passkeys; return new; end $$`.execute(db);
    await sql`create trigger meanwhile before insert on auth_sessions
      for each statement execute function take_passkeys_away()`.execute(db);
    const { browser, answer } = await signIn(authenticator);
    await sql`drop trigger meanwhile on auth_sessions`.execute(db);
    expect(answer).toMatchObject({ status: 401, json: { error: 'passkey_refused' } });
    expect(browser.cookies.has('__Host-overair_session')).toBe(false);
    expect((await owner.get('/session/sessions')).json).toHaveLength(before.length);
  });

  test('that was only touched does not sign in', async () => {
    authenticator.verifiesUser = false;
    const { browser, answer } = await signIn(authenticator);
    expect(answer).toMatchObject({ status: 401, json: { error: 'passkey_refused' } });
    expect(browser.cookies.has('__Host-overair_session')).toBe(false);
  });

  test('that was only touched is not registered', async () => {
    const touched = new FakeAuthenticator(publicUrl);
    touched.verifiesUser = false;
    expect((await register(touched)).json.error).toBe('passkey_refused');
    expect((await owner.get('/session/passkeys')).json).toHaveLength(1);
  });

  test('whose id is longer than the standard allows is refused', async () => {
    const long = new FakeAuthenticator(publicUrl);
    Object.assign(long.passkey, { id: randomBytes(4_096) });
    expect((await register(long)).json.error).toBe('passkey_refused');
  });

  test('that nobody registered, or of another origin, does not sign in', async () => {
    expect((await signIn(new FakeAuthenticator(publicUrl))).answer.json.error).toBe('passkey_refused');
    authenticator.origin = 'https://evil.test';
    expect((await signIn(authenticator)).answer.json.error).toBe('passkey_refused');
  });

  test('whose counter goes back was copied', async () => {
    expect((await signIn(authenticator)).answer.status).toBe(200);
    authenticator.passkey.counter -= 1;
    expect((await signIn(authenticator)).answer.json.error).toBe('passkey_refused');
    authenticator.passkey.counter += 5;
    expect((await signIn(authenticator)).answer.status).toBe(200);
  });

  test('is listed without its key, and removed by its person alone', async () => {
    const { json } = await owner.get('/session/passkeys');
    expect(json).toEqual([
      {
        id: expect.any(String),
        name: 'Phone',
        is_backed_up: false,
        created_at: expect.any(String),
        last_used_at: null,
      },
    ]);
    const key = { authorization: server.adminKey };
    expect((await new Browser(server).get('/session/passkeys', key)).status).toBe(401);
    expect((await owner.delete(`/session/passkeys/${json[0].id}`)).json).toEqual({ status: 'ok' });
    expect((await owner.delete(`/session/passkeys/${json[0].id}`)).status).toBe(404);
    expect((await signIn(authenticator)).answer.json.error).toBe('passkey_refused');
    expect((await owner.get('/session/me')).json.sign_in.second_factors).toEqual([]);
  });

  test('is registered by one person alone', async () => {
    expect((await register(authenticator)).json.error).toBe('passkey_refused');
  });
});

describe('a challenge', () => {
  test('is good for one answer, and for the browser that asked', async () => {
    const browser = new Browser(server);
    const { json } = await browser.post('/session/passkeys/sign-in/begin');
    const credential = authenticator.answer(json.options);
    const elsewhere = new Browser(server);
    const finish = (by: Browser) => by.post('/session/passkeys/sign-in/finish', { credential });
    expect((await finish(elsewhere)).json.error).toBe('challenge_expired');
    const ticket = browser.cookies.get('__Host-overair_passkey')!;
    expect((await finish(browser)).status).toBe(200);
    browser.cookies.set('__Host-overair_passkey', ticket);
    expect((await finish(browser)).json.error).toBe('challenge_expired');
  });

  test('that was answered wrongly is used up', async () => {
    const browser = new Browser(server);
    const { json } = await browser.post('/session/passkeys/sign-in/begin');
    const ticket = browser.cookies.get('__Host-overair_passkey')!;
    const wrong = new FakeAuthenticator(publicUrl).answer(json.options);
    await browser.post('/session/passkeys/sign-in/finish', { credential: wrong });
    browser.cookies.set('__Host-overair_passkey', ticket);
    const right = await browser.post('/session/passkeys/sign-in/finish', {
      credential: authenticator.answer(json.options),
    });
    expect(right.json.error).toBe('challenge_expired');
  });

  test('for signing in registers nothing, and the other way round', async () => {
    const { json } = await owner.post('/session/passkeys/sign-in/begin');
    const credential = new FakeAuthenticator(publicUrl).register({ ...json.options, rp: { id: json.options.rpId } });
    const answer = await owner.post('/session/passkeys/register/finish', { name: 'x', credential });
    expect(answer.json.error).toBe('challenge_expired');
  });

  test('ends after five minutes', async () => {
    const browser = new Browser(server);
    const { json } = await browser.post('/session/passkeys/sign-in/begin');
    await server.database.db
      .updateTable('verifications')
      .set({ expires_at: new Date(Date.now() - 1000) })
      .execute();
    const answer = await browser.post('/session/passkeys/sign-in/finish', {
      credential: authenticator.answer(json.options),
    });
    expect(answer.json.error).toBe('challenge_expired');
  });

  test.each([
    {},
    { id: 1 },
    { id: 'x', response: {} },
    { id: 'x', rawId: 'y', type: 'z', response: { clientDataJSON: '!' } },
  ])('is not met by %j', async (credential) => {
    const browser = new Browser(server);
    await browser.post('/session/passkeys/sign-in/begin');
    const answer = await browser.post('/session/passkeys/sign-in/finish', { credential });
    expect(answer.json.error).toBe('passkey_refused');
    await owner.post('/session/passkeys/register/begin');
    expect((await owner.post('/session/passkeys/register/finish', { name: 'x', credential })).json.error).toBe(
      'passkey_refused',
    );
  });
});

test('it is the proof that a dangerous act asks for', async () => {
  const { db } = server.database;
  const longAgo = new Date(Date.now() - 16 * 60_000);
  await db.updateTable('auth_sessions').set({ second_factor_at: longAgo, confirmed_at: longAgo }).execute();
  for (const { token } of await db.selectFrom('auth_sessions').select('token').execute())
    server.parts.signIn.sessions.forget(token);
  expect(await owner.post('/apikey', { name: 'x' })).toMatchObject({
    status: 403,
    json: { error: 'step_up_required', moreInfo: { accepted: ['passkey'] } },
  });
  const before = (await owner.get('/session/me')).json.session.id;
  expect((await signIn(authenticator, owner)).answer.status).toBe(200);
  expect((await owner.get('/session/me')).json.session.id).toBe(before);
  expect((await owner.post('/apikey', { name: 'x' })).status).toBe(200);
});

test.each([
  ['http://updates.test', 'Passkeys need https'],
  ['https://192.0.2.1', 'Passkeys belong to a name, and this server is opened by an IP address'],
  ['https://[2001:db8::1]:8443', 'Passkeys belong to a name, and this server is opened by an IP address'],
])('there are none at %s', async (address, reason) => {
  const other = await startTestServer({ publicUrl: address }, server.database);
  const { json } = await new Browser(other).get('/session/options');
  expect(json.passkeys).toEqual({ is_available: false, reason });
  const begun = await new Browser(other).post('/session/passkeys/sign-in/begin');
  expect(begun).toMatchObject({ status: 400, json: { error: 'passkeys_impossible', message: reason } });
  await other.close();
});

test('there are some on localhost', async () => {
  const other = await startTestServer({ publicUrl: 'http://localhost:3000' }, server.database);
  expect((await new Browser(other).get('/session/options')).json.passkeys).toEqual({
    is_available: true,
    reason: null,
  });
  await other.close();
});
