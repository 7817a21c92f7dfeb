// Signing in by password, and what a session is good for.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser, ownerPassword, setUpOwner } from '../../testing/browser.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';

let server: TestServer;
let owner: Browser;
beforeAll(async () => {
  server = await startTestServer();
  owner = await setUpOwner(server);
});
afterAll(() => server.close());

const credentials = { email: 'owner@example.test', password: ownerPassword };

async function signedIn(remoteAddress?: string): Promise<Browser> {
  const browser = new Browser(server, remoteAddress);
  expect(await browser.post('/session/sign-in/email', credentials)).toMatchObject({
    status: 200,
    json: { status: 'ok' },
  });
  return browser;
}

describe('the set-up', () => {
  test('makes the owner’s account of the admin key, signed in', async () => {
    const { status, json } = await owner.get('/session/me');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      person: { email: credentials.email, name: 'Olga Owner' },
      sign_in: { has_password: true, providers: [], second_factors: [] },
      session: { second_factor_at: null },
      organizations: [{ id: server.orgId, role: 'super_admin', is_open: true, enforcing_2fa: false }],
    });
  });

  test('works once', async () => {
    const again = await new Browser(server).post('/session/setup', credentials, { authorization: server.adminKey });
    expect(again).toMatchObject({ status: 409, json: { error: 'already_set_up' } });
    expect((await new Browser(server).get('/session/options')).json).toMatchObject({ needs_setup: false });
  });

  test('needs the key', async () => {
    const strangers = await new Browser(server).post('/session/setup', credentials);
    expect(strangers).toMatchObject({ status: 401, json: { error: 'no_key_provided' } });
    const wrong = await new Browser(server).post('/session/setup', credentials, { authorization: 'not-the-key' });
    expect(wrong).toMatchObject({ status: 401, json: { error: 'invalid_apikey' } });
  });
});

describe('a person', () => {
  test('changes their name and language, one at a time, and nothing else', async () => {
    const person = async () => (await owner.get('/session/me')).json.person;
    expect(await person()).toMatchObject({ name: 'Olga Owner', language: null });
    expect((await owner.put('/session/me', { language: 'zh-Hans' })).json).toEqual({ status: 'ok' });
    expect((await owner.put('/session/me', { name: '<b>Olga</b>' })).json).toEqual({ status: 'ok' });
    expect(await person()).toMatchObject({ name: 'Olga', language: 'zh-Hans' });
    expect((await owner.put('/session/me', { name: 'Olga Owner', language: null })).status).toBe(200);
    expect(await person()).toMatchObject({ name: 'Olga Owner', language: null });
    for (const [field, value] of [
      ['email', 'other@example.test'],
      ['name', ' '],
      ['language', 'no language'],
      ['two_factor_enabled', false],
    ] as const) {
      expect(await owner.put('/session/me', { [field]: value })).toMatchObject({
        status: 400,
        json: { error: 'invalid_body', moreInfo: { field } },
      });
    }
    expect((await new Browser(server).put('/session/me', { name: 'x' })).status).toBe(401);
  });
});

describe('signing in', () => {
  test('answers a cookie that no script reads, and no token', async () => {
    const { json, headers } = await new Browser(server).post('/session/sign-in/email', credentials);
    expect(json).toEqual({ status: 'ok' });
    const cookies = [headers['set-cookie']].flat() as string[];
    const session = cookies.find((each) => each.startsWith('overair_session='))!;
    expect(session).toMatch(/; HttpOnly/i);
    expect(session).toMatch(/; SameSite=Lax/i);
    expect(session).not.toMatch(/; Secure/i);
  });

  test('on https the cookie is bound to the host', async () => {
    const secure = await startTestServer({ publicUrl: 'https://updates.test/below' }, server.database);
    const { headers } = await new Browser(secure).post('/session/sign-in/email', credentials);
    const cookies = [headers['set-cookie']].flat() as string[];
    const session = cookies.find((each) => each.startsWith('__Host-overair_session='))!;
    expect(session).toMatch(/; Path=\/;/i);
    expect(session).toMatch(/; Secure/i);
    expect(session).not.toMatch(/Domain/i);
    await secure.close();
  });

  test.each([
    ['a wrong password', { ...credentials, password: 'seven quiet lamps' }],
    ['an unknown address', { ...credentials, email: 'nobody@example.test' }],
    ['an address that is none', { ...credentials, email: 'nobody' }],
  ])('%s has one answer', async (_what, body) => {
    const browser = new Browser(server, '192.0.2.1');
    const { status, json } = await browser.post('/session/sign-in/email', body);
    expect({ status, json }).toEqual({
      status: 401,
      json: {
        error: 'invalid_credentials',
        message: 'The address or the password is not right',
        moreInfo: {},
        status: 'KO',
      },
    });
    expect(browser.cookies.has('overair_session')).toBe(false);
  });

  test('an address is written in any case', async () => {
    const body = { ...credentials, email: ' Owner@Example.TEST ' };
    expect((await new Browser(server).post('/session/sign-in/email', body)).status).toBe(200);
  });

  test('an option of the library is refused', async () => {
    for (const extra of ['callbackURL', 'rememberMe', 'disableSession', 'constructor']) {
      const answer = await new Browser(server).post('/session/sign-in/email', { ...credentials, [extra]: true });
      expect(answer).toMatchObject({ status: 400, json: { error: 'invalid_body', moreInfo: { field: extra } } });
    }
  });

  test('ten wrong passwords shut that address out, not the owner', async () => {
    const known = await signedIn('192.0.2.9');
    const stranger = new Browser(server, '192.0.2.9');
    const guess = { ...credentials, password: 'wrong but long enough' };
    const statuses = [];
    for (let at = 0; at < 11; at += 1) statuses.push((await stranger.post('/session/sign-in/email', guess)).status);
    expect(statuses).toEqual([...Array(10).fill(401), 429]);
    expect(await stranger.post('/session/sign-in/email', credentials)).toMatchObject({
      status: 429,
      json: { error: 'too_many_requests', moreInfo: { reason: 'too_many_failed_sign_ins' } },
      headers: { 'retry-after': expect.any(String) },
    });
    await known.post('/session/sign-out');
    expect((await known.post('/session/sign-in/email', credentials)).status).toBe(200);
    await signedIn('192.0.2.10');
  });
});

describe('what the library has and nobody needs', () => {
  test.each([
    'GET /session/get-session',
    'GET /session/list-sessions',
    'POST /session/sign-up/email',
    'POST /session/update-user',
    'POST /session/update-session',
    'POST /session/delete-user',
    'POST /session/change-email',
    'POST /session/set-password',
    'POST /session/request-password-reset',
    'POST /session/revoke-session',
    'POST /session/two-factor/send-otp',
    'POST /session/two-factor/verify-otp',
    'POST /session/two-factor/get-totp-uri',
    'GET /session/list-accounts',
    'POST /session/unlink-account',
    'POST /session/get-access-token',
    'GET /session/ok',
    'GET /session/error',
    'GET /session/reset-password/x?callbackURL=/',
    'POST /session/callback/x',
  ])('%s is not there', async (route) => {
    const [method, url] = route.split(' ') as ['GET' | 'POST', string];
    expect(await owner.ask(method, url, method === 'POST' ? {} : undefined)).toMatchObject({
      status: 404,
      json: { error: 'not_found' },
    });
  });
});

describe('a session', () => {
  test('counts on the management routes, with the person’s own rights', async () => {
    const made = await owner.post('/app', { app_id: 'com.by.session', name: 'x', owner_org: server.orgId });
    expect(made.status).toBe(200);
    expect((await owner.get('/app')).json.data).toMatchObject([{ app_id: 'com.by.session' }]);
    const { json } = await owner.get(`/organization/audit?orgId=${server.orgId}&tableName=apps`);
    expect(json.data[0]).toMatchObject({
      actor_type: 'user',
      actor_user_email: credentials.email,
      actor_apikey_id: null,
      actor_apikey_name: null,
    });
  });

  test('is not looked at beside a key, whatever the key is', async () => {
    for (const name of ['authorization', 'capgkey', 'x-api-key']) {
      expect((await owner.get('/app', { [name]: 'wrong' })).json).toMatchObject({ code: 'invalid_apikey' });
      expect((await owner.get('/app', { [name]: ' ' })).status).toBe(401);
    }
    expect((await owner.get('/app', { 'x-limited-key-id': '1' })).status).toBe(401);
  });

  test('changes nothing for a page of somebody else', async () => {
    const attempts: Record<string, string>[] = [
      { origin: 'https://evil.test' },
      { origin: 'null' },
      { origin: 'http://updates.test:8080' },
      { origin: 'http://updates.test', 'sec-fetch-site': 'cross-site' },
      { origin: 'http://updates.test', 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of attempts) {
      for (const ask of [
        () => owner.put('/app/com.by.session', { name: 'stolen' }, headers),
        () => owner.post('/session/sign-out', {}, headers),
        () => owner.post('/session/sign-in/email', credentials, headers),
      ]) {
        const { status, json } = await ask();
        expect({ status, code: json.code ?? json.error }).toEqual({ status: 403, code: 'foreign_origin' });
      }
    }
    const withoutOrigin = await server.app.inject({
      method: 'PUT',
      url: '/app/com.by.session',
      headers: { cookie: [...owner.cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      payload: '{"name":"stolen"}',
    });
    expect(withoutOrigin.statusCode).toBe(403);
    expect((await owner.get('/app/com.by.session')).json.name).toBe('x');
  });

  test('is no answer that another origin may read', async () => {
    const { headers } = await owner.get('/app', { origin: 'http://localhost:5173' });
    expect(headers['access-control-allow-origin']).toBe('http://localhost:5173');
    expect(headers['access-control-allow-credentials']).toBeUndefined();
  });

  test('whose cookie was changed is none', async () => {
    const browser = await signedIn();
    const value = decodeURIComponent(browser.cookies.get('overair_session')!);
    const [token = '', signature = ''] = value.split('.');
    for (const forged of [
      token,
      `${token}.`,
      `${token}x.${signature}`,
      `${token}.${signature.replace(/^./, '-')}`,
      '%E0%A4%A',
    ]) {
      browser.cookies.set('overair_session', forged.startsWith('%') ? forged : encodeURIComponent(forged));
      expect(await browser.get('/session/me')).toMatchObject({ status: 401, json: { error: 'not_signed_in' } });
      expect((await browser.get('/apikey')).json).toMatchObject({ error: 'no_jwt_apikey_or_subkey' });
    }
  });

  test('is listed without what opens it, and ends where its person says', async () => {
    const [here, there] = [await signedIn(), await signedIn('192.0.2.77')];
    expect((await there.get('/session/me')).status).toBe(200);
    const { json } = await here.get('/session/sessions');
    const keys = [
      'id',
      'is_current',
      'created_at',
      'updated_at',
      'expires_at',
      'second_factor_at',
      'ip_address',
      'user_agent',
    ];
    for (const row of json) expect(Object.keys(row).sort()).toEqual(keys.sort());
    const remote = json.find((row: { ip_address: string }) => row.ip_address === '192.0.2.77');
    expect(remote).toMatchObject({ is_current: false });
    expect((await here.delete(`/session/sessions/${remote.id}`)).json).toEqual({ status: 'ok' });
    expect((await there.get('/session/me')).status).toBe(401);
    expect((await there.get('/app')).status).toBe(401);
    expect((await here.delete(`/session/sessions/${remote.id}`)).status).toBe(404);
    expect((await here.get('/session/me')).status).toBe(200);
  });

  test('ends by signing out, for good', async () => {
    const browser = await signedIn();
    const cookie = browser.cookies.get('overair_session')!;
    expect((await browser.post('/session/sign-out')).status).toBe(200);
    expect(browser.cookies.has('overair_session')).toBe(false);
    browser.cookies.set('overair_session', cookie);
    expect((await browser.get('/session/me')).status).toBe(401);
  });

  test('ends with its time', async () => {
    const browser = await signedIn();
    const { json } = await browser.get('/session/me');
    const { db } = server.database;
    const past = new Date(Date.now() - 1000);
    await db.updateTable('auth_sessions').set({ expires_at: past }).where('id', '=', json.session.id).execute();
    for (const token of await tokensOf(json.session.id)) server.parts.signIn.sessions.forget(token);
    expect((await browser.get('/session/me')).status).toBe(401);
  });

  test('is lengthened when it was used after a day', async () => {
    const browser = await signedIn();
    const { json } = await browser.get('/session/me');
    const { db } = server.database;
    const soon = new Date(Date.now() + 2 * 86_400_000);
    await db.updateTable('auth_sessions').set({ expires_at: soon }).where('id', '=', json.session.id).execute();
    for (const token of await tokensOf(json.session.id)) server.parts.signIn.sessions.forget(token);
    const { headers } = await browser.get('/session/me');
    expect(String(headers['set-cookie'])).toContain('overair_session=');
    const row = await db
      .selectFrom('auth_sessions')
      .select('expires_at')
      .where('id', '=', json.session.id)
      .executeTakeFirstOrThrow();
    expect(row.expires_at.getTime()).toBeGreaterThan(Date.now() + 6 * 86_400_000);
  });
});

async function tokensOf(id: string): Promise<string[]> {
  const rows = await server.database.db.selectFrom('auth_sessions').select('token').where('id', '=', id).execute();
  return rows.map(({ token }) => token);
}

describe('the password', () => {
  test('is changed with the present one, and everybody else is out', async () => {
    const [here, there] = [await signedIn(), await signedIn()];
    const next = 'eight loud lamps burn';
    const change = (current_password: string, new_password = next) =>
      here.post('/session/change-password', { current_password, new_password });
    expect(await change('wrong')).toMatchObject({ status: 400, json: { error: 'invalid_password' } });
    expect(await change(ownerPassword, 'short')).toMatchObject({ status: 400, json: { error: 'weak_password' } });
    expect((await change(ownerPassword)).json).toEqual({ status: 'ok' });
    expect((await there.get('/session/me')).status).toBe(401);
    expect((await here.get('/session/me')).status).toBe(200);
    expect((await new Browser(server, '192.0.2.3').post('/session/sign-in/email', credentials)).status).toBe(401);
    expect((await change(next, ownerPassword)).status).toBe(200);
    owner = await signedIn();
  });

  test('is lost: the admin key is the way back in', async () => {
    const before = await signedIn();
    const browser = new Browser(server);
    const password = 'nine new lamps burn';
    expect((await browser.post('/session/recover', { password })).status).toBe(401);
    expect((await browser.post('/session/recover', { password }, { authorization: server.adminKey })).json).toEqual({
      status: 'ok',
    });
    expect((await browser.get('/session/me')).json.person.email).toBe(credentials.email);
    expect((await before.get('/session/me')).status).toBe(401);
    const anew = await new Browser(server, '192.0.2.4').post('/session/sign-in/email', { ...credentials, password });
    expect(anew.status).toBe(200);
    await browser.post('/session/recover', { password: ownerPassword }, { authorization: server.adminKey });
    owner = await signedIn();
  });
});
