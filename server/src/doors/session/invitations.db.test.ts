// Accepting an invitation on its page: with a password or with the account of a company, once, and for the invited address alone.

import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Browser, setUpOwner, tokenIn } from '../../testing/browser.ts';
import { FakeOidc } from '../../testing/fake-oidc.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';

const email = 'ann@partner.test';
const password = 'nine slow rivers bend';

let provider: FakeOidc;
let server: TestServer;
let owner: Browser;

beforeAll(async () => {
  provider = await new FakeOidc().listen();
  const { clientId, clientSecret, issuer } = provider;
  const allowedDomains = ['example.test'];
  server = await startTestServer({
    failedAuthLimit: 0,
    oidcProviders: [{ id: 'work', name: 'Work', issuer, clientId, clientSecret, allowedDomains }],
  });
  owner = await setUpOwner(server);
});
afterAll(async () => {
  await server.close();
  await provider.close();
});
beforeEach(async () => {
  const { db } = server.database;
  await db.deleteFrom('users').where('email', '!=', 'owner@example.test').execute();
  await db.deleteFrom('invitations').execute();
  provider.person = { sub: 'ann', email: 'Ann@Partner.test', email_verified: true, name: 'Ann' };
});

async function invited(invite_type = 'write', who = email): Promise<string> {
  const { json } = await owner.post('/organization/members', { orgId: server.orgId, email: who, invite_type });
  return tokenIn(json.data.invite_link);
}

const people = async () => {
  const rows = await server.database.db.selectFrom('users').select('email').orderBy('email').execute();
  return rows.map((row) => row.email).filter((each) => each !== 'owner@example.test');
};

const member = (role: string) => ({ organizations: [{ id: server.orgId, role, is_open: true }] });

describe('with a password', () => {
  test('the page says who invites to what; accepting signs in with exactly that right, once', async () => {
    const token = await invited();
    const browser = new Browser(server);
    for (const _look of [1, 2]) {
      expect((await browser.post('/session/invitation/show', { token })).json).toEqual({
        org_name: 'My organization',
        email,
        user_right: 'write',
      });
    }
    expect((await browser.post('/session/invitation/accept', { token, password: 'short' })).json.error).toBe(
      'weak_password',
    );
    const both = await Promise.all(
      [browser, new Browser(server)].map((each) =>
        each.post('/session/invitation/accept', { token, name: 'Ann', password }),
      ),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
    const anew = new Browser(server);
    await anew.post('/session/sign-in/email', { email, password });
    expect((await anew.get('/session/me')).json).toMatchObject({ person: { email, name: 'Ann' }, ...member('write') });
    expect((await browser.post('/session/invitation/show', { token })).json.error).toBe('invalid_invitation');
  });

  test('it is over after seven days, and when it is withdrawn', async () => {
    const old = await invited();
    await sql`update invitations set created_at = now() - interval '7 days 1 second'`.execute(server.database.db);
    const withdrawn = await invited('read', 'ben@partner.test');
    await owner.delete('/organization/members', { orgId: server.orgId, email: 'ben@partner.test' });
    for (const token of [old, withdrawn]) {
      const browser = new Browser(server);
      expect((await browser.post('/session/invitation/show', { token })).status).toBe(401);
      expect((await browser.post('/session/invitation/accept', { token, password })).status).toBe(401);
    }
    expect(await people()).toEqual([]);
  });
});

describe('with the account of a company', () => {
  async function leave(token: string, browser = new Browser(server)) {
    const body = { provider: 'work', return_to: '/ui', invitation: token };
    const { status, json } = await browser.post('/session/sign-in/social', body);
    expect(status).toBe(200);
    return { browser, back: () => comeBack(browser, json.url) };
  }

  /** Where the browser ends up, as a path of this server. */
  async function comeBack(browser: Browser, address: string): Promise<string> {
    const { pathname, search } = new URL(provider.visit(address));
    const { status, headers } = await browser.get(`${pathname}${search}`, { 'sec-fetch-site': 'cross-site' });
    expect(status).toBe(302);
    const there = new URL(String(headers['location']), 'http://updates.test');
    return `${there.pathname}${there.search.replace(/&error_description=.*/, '')}`;
  }

  const isSignedIn = async (browser: Browser) => (await browser.get('/session/me')).status === 200;

  test('an account is made for the invited address, though its domain is not allowed, and signed in with the right', async () => {
    const { browser, back } = await leave(await invited());
    expect(await people(), 'nothing before the provider has answered').toEqual([]);
    expect(await back()).toBe('/ui');
    expect((await browser.get('/session/me')).json).toMatchObject({
      person: { email, name: 'Ann' },
      sign_in: { has_password: false, providers: ['work'] },
      ...member('write'),
    });
    const { json } = await owner.get(`/organization/audit?orgId=${server.orgId}&tableName=sign_in`);
    expect(json.data[0]).toMatchObject({
      actor_user_email: email,
      new_record: { event: 'joined', providers: ['work'] },
    });
    expect((await new Browser(server).post('/session/sign-in/social', { provider: 'work' })).status).toBe(200);
  });

  test.each([
    ['another address', { email: 'eve@partner.test', email_verified: true }],
    ['another address of an allowed domain', { email: 'eve@example.test', email_verified: true }],
    ['the right address, which nobody verified', { email, email_verified: false }],
  ])('%s does not accept it, and gets no account', async (_what, claims) => {
    const token = await invited();
    provider.person = { sub: 'eve', name: 'Eve', ...claims };
    const { browser, back } = await leave(token);
    expect(await back()).toBe(`/ui/invite/${token}?error=invitation_for_another_address`);
    expect(await people()).toEqual([]);
    expect(await isSignedIn(browser)).toBe(false);
    expect((await browser.post('/session/invitation/show', { token })).status, 'it is not used up').toBe(200);
  });

  test('an account that exists does not accept by a link, and is not signed in by it', async () => {
    provider.person = { sub: 'nia', email: 'nia@example.test', email_verified: true, name: 'Nia' };
    const nia = new Browser(server);
    const { json } = await nia.post('/session/sign-in/social', { provider: 'work' });
    await comeBack(nia, json.url);
    const token = await invited();
    const { browser, back } = await leave(token);
    expect(await back()).toBe(`/ui/invite/${token}?error=invitation_for_another_address`);
    expect(await isSignedIn(browser)).toBe(false);
    expect((await nia.get('/session/me')).json.organizations).toEqual([]);
  });

  test('what is withdrawn on the way gives nothing', async () => {
    const token = await invited();
    const { browser, back } = await leave(token);
    await owner.delete('/organization/members', { orgId: server.orgId, email });
    expect(await back()).toBe(`/ui/invite/${token}?error=invalid_invitation`);
    expect(await people()).toEqual([]);
    expect(await isSignedIn(browser)).toBe(false);
  });

  test('a token that is none does not even leave; a way back of another browser, or of another departure, is none', async () => {
    const body = { provider: 'work', invitation: 'never-given' };
    expect((await new Browser(server).post('/session/sign-in/social', body)).json.error).toBe('invalid_invitation');
    const token = await invited();
    const { browser } = await leave(token);
    const { json } = await browser.post('/session/sign-in/social', { provider: 'work', return_to: '/ui' });
    expect(await comeBack(browser, json.url)).toBe('/ui/sign-in?error=sign_up_refused');
    expect(await people()).toEqual([]);
    expect((await owner.post('/session/link-social', { provider: 'work', invitation: token })).json).toMatchObject({
      error: 'invalid_body',
      moreInfo: { field: 'invitation' },
    });
  });
});
