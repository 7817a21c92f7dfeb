// Signing in with the account of a company: who comes in, who does not, and what a silent provider stops.

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { authenticatorCode, Browser, ownerPassword, setUpOwner } from '../../testing/browser.ts';
import { FakeOidc } from '../../testing/fake-oidc.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';

let provider: FakeOidc;
let server: TestServer;
let owner: Browser;

const settings = (issuer: string, id = 'work') => ({
  id,
  name: 'Work',
  issuer,
  clientId: provider.clientId,
  clientSecret: provider.clientSecret,
  allowedDomains: ['example.test'],
});

beforeAll(async () => {
  provider = await new FakeOidc().listen();
  server = await startTestServer({
    oidcProviders: [settings(provider.issuer), settings('http://127.0.0.1:9', 'away')],
  });
  owner = await setUpOwner(server);
});
afterAll(async () => {
  await server.close();
  await provider.close();
});
beforeEach(() => {
  provider.forges = false;
});

/** Where the browser ends up, as a path of this server. */
async function visit(browser: Browser, route = '/session/sign-in/social'): Promise<string> {
  const { status, json } = await browser.post(route, { provider: 'work', return_to: '/ui/account' });
  expect(status).toBe(200);
  return comeBack(browser, provider.visit(json.url));
}

async function comeBack(browser: Browser, address: string): Promise<string> {
  const { pathname, search, origin } = new URL(address);
  expect(origin).toBe('http://updates.test');
  expect(pathname).toBe('/session/callback/work');
  // A navigation: the browser sends its Lax cookies, and no Origin.
  const { status, headers } = await browser.get(`${pathname}${search}`, { 'sec-fetch-site': 'cross-site' });
  expect(status).toBe(302);
  const there = new URL(String(headers['location']), 'http://updates.test');
  expect(there.origin).toBe('http://updates.test');
  return `${there.pathname}${there.search}`;
}

test('the sign-in page learns which providers there are, and no secret', async () => {
  const { json } = await new Browser(server).get('/session/options');
  expect(json.providers).toEqual([
    { id: 'work', name: 'Work' },
    { id: 'away', name: 'Work' },
  ]);
});

test('somebody of an allowed domain gets an account, without any right', async () => {
  provider.person = { sub: '10', email: 'Nia@example.test', email_verified: true, name: 'Nia' };
  const browser = new Browser(server);
  expect(await visit(browser)).toBe('/ui/account');
  expect((await browser.get('/session/me')).json).toMatchObject({
    person: { email: 'nia@example.test', name: 'Nia' },
    sign_in: { has_password: false, providers: ['work'] },
    session: { second_factor_at: null },
    organizations: [],
  });
  expect((await browser.get('/app')).json.data).toEqual([]);
  const again = new Browser(server);
  expect(await visit(again)).toBe('/ui/account');
  expect((await again.get('/session/me')).json.person.id).toBe((await browser.get('/session/me')).json.person.id);
});

test.each([
  ['of a foreign domain', { sub: '20', email: 'eve@evil.test', email_verified: true, name: 'Eve' }],
  ['of a domain that only ends alike', { sub: '21', email: 'eve@notexample.test', email_verified: true, name: 'Eve' }],
  ['of a domain below an allowed one', { sub: '22', email: 'eve@sub.example.test', email_verified: true, name: 'Eve' }],
  [
    'with an address that nobody verified',
    { sub: '23', email: 'eve@example.test', email_verified: false, name: 'Eve' },
  ],
])('somebody %s gets none', async (_what, person) => {
  provider.person = person;
  const browser = new Browser(server);
  const there = new URL(await visit(browser), 'http://updates.test');
  expect(there.pathname).toBe('/ui/sign-in');
  expect(there.searchParams.get('error')).toBe('sign_up_refused');
  expect(browser.cookies.has('overair_session')).toBe(false);
  const { db } = server.database;
  expect(await db.selectFrom('users').select('id').where('email', '=', person.email).execute()).toEqual([]);
});

test('the address of an account that exists does not open it', async () => {
  provider.person = { sub: '30', email: 'owner@example.test', email_verified: true, name: 'Not Olga' };
  const browser = new Browser(server);
  expect(await visit(browser)).toContain('/ui/sign-in?error=account_not_linked');
  expect((await browser.get('/session/me')).status).toBe(401);
});

test('its person links it while signed in, and then it does', async () => {
  provider.person = { sub: '31', email: 'olga@private.test', email_verified: true, name: 'Olga' };
  expect(await visit(owner, '/session/link-social')).toBe('/ui/account');
  const browser = new Browser(server);
  expect(await visit(browser)).toBe('/ui/account');
  expect((await browser.get('/session/me')).json).toMatchObject({
    person: { email: 'owner@example.test', name: 'Olga Owner' },
    sign_in: { has_password: true, providers: ['work'] },
  });
});

test('linking is told to the organizations, and needs the session that began it to the end', async () => {
  const { db } = server.database;
  const { json } = await owner.get(`/organization/audit?orgId=${server.orgId}&tableName=sign_in`);
  expect(json.data[0]).toMatchObject({
    actor_user_email: 'owner@example.test',
    old_record: { providers: [], event: null },
    new_record: { providers: ['work'], event: 'provider_linked' },
  });
  provider.person = { sub: '32', email: 'thief@private.test', email_verified: true, name: 'Thief' };
  const browser = new Browser(server);
  await browser.post('/session/sign-in/email', { email: 'owner@example.test', password: ownerPassword });
  const { json: begun } = await browser.post('/session/link-social', { provider: 'work' });
  await owner.delete('/session/sessions');
  expect(await comeBack(browser, provider.visit(begun.url))).toContain('error=');
  expect(await db.selectFrom('accounts').select('id').where('account_id', '=', '32').execute()).toEqual([]);
});

test('it is one factor: what asks for the authenticator goes on asking', async () => {
  const { json: begun } = await owner.post('/session/two-factor/enable', { password: ownerPassword });
  await owner.post('/session/two-factor/verify-totp', { code: authenticatorCode(begun.totp_uri, Date.now()) });
  await owner.put('/organization', { orgId: server.orgId, enforcing_2fa: true });
  provider.person = { sub: '31', email: 'olga@private.test', email_verified: true, name: 'Olga' };
  const browser = new Browser(server);
  expect(await visit(browser)).toBe('/ui/account');
  expect((await browser.get('/session/me')).json).toMatchObject({
    session: { second_factor_at: null },
    sign_in: { second_factors: ['totp'] },
    organizations: [{ is_open: false }],
  });
  expect((await browser.get('/app')).json.data).toEqual([]);
  expect((await browser.post('/apikey', { name: 'x' })).json).toMatchObject({
    error: 'step_up_required',
    moreInfo: { accepted: ['totp'] },
  });
  await owner.put('/organization', { orgId: server.orgId, enforcing_2fa: false });
  expect((await owner.post('/session/two-factor/disable', { password: ownerPassword })).status).toBe(200);
});

test('who has nothing else proves to be there by signing in again', async () => {
  provider.person = { sub: '10', email: 'nia@example.test', email_verified: true, name: 'Nia' };
  const browser = new Browser(server);
  await visit(browser);
  const { json } = await browser.get('/session/me');
  const { db } = server.database;
  const long = new Date(Date.now() - 16 * 60_000);
  await db.updateTable('auth_sessions').set({ created_at: long }).where('id', '=', json.session.id).execute();
  const token = server.parts.signIn.sessions.tokenOf({
    cookie: `overair_session=${browser.cookies.get('overair_session')}`,
  });
  server.parts.signIn.sessions.forget(token!);
  expect((await browser.post('/apikey', { name: 'x' })).json).toMatchObject({
    error: 'step_up_required',
    message: 'Prove first that it is still you: sign in again',
    moreInfo: { accepted: ['sign_in'] },
  });
  expect((await browser.post('/session/confirm', { password: ownerPassword })).json.error).toBe('no_password');
  expect(await visit(browser)).toBe('/ui/account');
  expect((await browser.post('/apikey', { name: 'x' })).status).toBe(200);
});

test('a token that the provider did not sign opens nothing', async () => {
  provider.person = { sub: '10', email: 'nia@example.test', email_verified: true, name: 'Nia' };
  provider.forges = true;
  const browser = new Browser(server);
  expect(await visit(browser)).toContain('/ui/sign-in?error=');
  expect((await browser.get('/session/me')).status).toBe(401);
});

test('the way back works once, and in the browser that left', async () => {
  provider.person = { sub: '10', email: 'nia@example.test', email_verified: true, name: 'Nia' };
  const browser = new Browser(server);
  const { json } = await browser.post('/session/sign-in/social', { provider: 'work' });
  const back = provider.visit(json.url);
  const elsewhere = new Browser(server);
  expect(await comeBack(elsewhere, back)).toContain('/ui/sign-in?error=');
  expect((await elsewhere.get('/session/me')).status).toBe(401);
  const second = new Browser(server);
  expect(await visit(second)).toBe('/ui/account');
  const { json: begun } = await second.post('/session/sign-in/social', { provider: 'work' });
  const used = provider.visit(begun.url);
  await comeBack(second, used);
  await second.post('/session/sign-out');
  expect(await comeBack(second, used)).toContain('/ui/sign-in?error=');
  expect((await second.get('/session/me')).status).toBe(401);
});

test.each(['https://evil.test/', '//evil.test', '/\\evil.test', 'javascript:alert(1)'])(
  '%s is no place to return to',
  async (return_to) => {
    const answer = await new Browser(server).post('/session/sign-in/social', { provider: 'work', return_to });
    expect(answer).toMatchObject({ status: 400, json: { error: 'invalid_body', moreInfo: { field: 'return_to' } } });
  },
);

test('an option of the library does not open sign-up', async () => {
  for (const extra of ['requestSignUp', 'scopes', 'idToken', 'additionalParams', 'callbackURL']) {
    const answer = await new Browser(server).post('/session/sign-in/social', { provider: 'work', [extra]: true });
    expect(answer).toMatchObject({ status: 400, json: { moreInfo: { field: extra } } });
  }
});

test('a provider that is unknown, or away, is told as such', async () => {
  const ask = (id: string) => new Browser(server).post('/session/sign-in/social', { provider: id });
  expect(await ask('nobody')).toMatchObject({ status: 404, json: { error: 'unknown_provider' } });
  expect(await ask('away')).toMatchObject({ status: 503, json: { error: 'provider_unavailable' } });
  expect((await new Browser(server).get('/session/callback/nobody?code=1&state=2')).status).toBe(404);
});

test('a provider that goes away between the first look and the second is told as such, and comes back', async () => {
  const flaky = await new FakeOidc().listen();
  const other = await startTestServer({ oidcProviders: [settings(flaky.issuer, 'flaky')] }, server.database);
  const ask = () => new Browser(other).post('/session/sign-in/social', { provider: 'flaky' });
  flaky.discoveriesLeft = 1;
  expect(await ask()).toMatchObject({
    status: 503,
    json: { error: 'provider_unavailable' },
    headers: { 'retry-after': '10' },
  });
  flaky.discoveriesLeft = Number.POSITIVE_INFINITY;
  expect((await ask()).status).toBe(200);
  await other.close();
  await flaky.close();
});

test('a provider that takes the call and says nothing holds up nobody who has a password', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as { port: number };
  const other = await startTestServer(
    { oidcProviders: [settings(`http://127.0.0.1:${port}`, 'silent')] },
    server.database,
  );
  const waiting = new Browser(other).post('/session/sign-in/social', { provider: 'silent' });
  let hasAnswered = false;
  void waiting.then(() => {
    hasAnswered = true;
  });
  const credentials = { email: 'owner@example.test', password: ownerPassword };
  expect((await new Browser(other).post('/session/sign-in/email', credentials)).status).toBe(200);
  expect(hasAnswered).toBe(false);
  for (const socket of sockets) socket.destroy();
  expect((await waiting).json.error).toBe('provider_unavailable');
  silent.close();
  await other.close();
});
