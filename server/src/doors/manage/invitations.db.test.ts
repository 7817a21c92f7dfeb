// Invitations: what a link gives, when it dies, how an account accepts, and that nothing pending counts anywhere.

import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { verifyChain } from '../../accounts/audit-proof.ts';
import { Browser, tokenIn } from '../../testing/browser.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { APP, buildFixture, keyValue, type Names } from './testing/fixture.ts';

const FAILED_AUTH_LIMIT = 5;
const email = 'ann@example.test';

let server: TestServer;
let names: Names;
let address: string;
let tests = 0;
const db = () => server.database.db;
const orgA = () => String(names['ORG_A']);
const orgB = () => String(names['ORG_B']);

beforeAll(async () => {
  server = await startTestServer({ failedAuthLimit: FAILED_AUTH_LIMIT });
});
afterAll(() => server.close());
beforeEach(async () => {
  names = await buildFixture(db());
  tests += 1;
  address = `203.0.113.${tests}`;
});

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

interface Answer {
  status: number;
  body: ReturnType<typeof JSON.parse>;
}

/** `key`: a value; fixture keys by `keyValue`. */
async function call(method: Method, url: string, key?: string, body?: object): Promise<Answer> {
  const answer = await server.app.inject({
    method,
    url,
    remoteAddress: address,
    headers: key === undefined ? {} : { authorization: key },
    ...(body && { payload: JSON.stringify(body) }),
  });
  return { status: answer.statusCode, body: answer.json() };
}

const invite = (orgId: string, invite_type: string, as = 'ALL', who = email) =>
  call('POST', '/organization/members', keyValue(as), { orgId, email: who, invite_type });
const linked = async (...args: Parameters<typeof invite>) => {
  const { body } = await invite(...args);
  return tokenIn(body.data.invite_link);
};
const follow = (token: string) => call('POST', '/invitation/accept', undefined, { token });
const accept = (key: string, orgId: string) => call('POST', '/organization/members/accept', key, { orgId });
const withdraw = (orgId: string, as = 'ALL', who = email) =>
  call('DELETE', '/organization/members', keyValue(as), { orgId, email: who });
const rowsOf = (who = email) =>
  db()
    .selectFrom('org_users')
    .innerJoin('users', 'users.id', 'org_users.user_id')
    .select(['org_id', 'user_right', 'is_invite'])
    .where('email', '=', who)
    .orderBy('org_users.id')
    .execute();

const invalid = { status: 401, body: { error: 'invalid_invitation' } };

describe('a link', () => {
  test('gives a new account exactly its right, once, with a key that has no limits of its own', async () => {
    const token = await linked(orgA(), 'write');
    expect(await follow(token)).toMatchObject({
      status: 200,
      body: { org_id: orgA(), email, user_right: 'write', key: expect.any(String), expires_at: null },
    });
    expect(await rowsOf()).toEqual([{ org_id: orgA(), user_right: 'write', is_invite: false }]);
    expect(await follow(token)).toMatchObject(invalid);
  });

  test('followed twice at the same time makes one account with one key', async () => {
    const token = await linked(orgA(), 'read');
    const answers = await Promise.all([follow(token), follow(token), follow(token)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401, 401]);
    expect(await rowsOf()).toHaveLength(1);
  });

  test('is stored as a hash only', async () => {
    const token = await linked(orgA(), 'read');
    expect(JSON.stringify(await db().selectFrom('invitations').selectAll().execute())).not.toContain(token);
  });

  test('never acts for an account, however the address came by it', async () => {
    const token = await linked(orgA(), 'admin');
    await db().insertInto('users').values({ email: 'Ann@Example.test' }).execute();
    expect(await follow(token)).toMatchObject(invalid);
    expect(await rowsOf('Ann@Example.test')).toEqual([]);
    expect(await db().selectFrom('apikeys').select('id').where('name', '=', 'First key').execute()).toEqual([]);
  });

  test('of another right does not turn a later invitation into an accepted one', async () => {
    const old = await linked(orgA(), 'read');
    await db().insertInto('users').values({ email }).execute();
    expect((await invite(orgA(), 'super_admin')).body.data).not.toHaveProperty('invite_link');
    expect(await follow(old)).toMatchObject(invalid);
    expect(await rowsOf()).toEqual([{ org_id: orgA(), user_right: 'super_admin', is_invite: true }]);
  });

  test('dies when the address is invited anew', async () => {
    const old = await linked(orgA(), 'super_admin');
    const fresh = await linked(orgA(), 'read');
    expect(await follow(old)).toMatchObject(invalid);
    expect(await follow(fresh)).toMatchObject({ status: 200, body: { user_right: 'read' } });
  });

  test('dies when it is withdrawn, and when it is older than seven days', async () => {
    const withdrawn = await linked(orgA(), 'read');
    expect((await withdraw(orgA())).status).toBe(200);
    expect(await follow(withdrawn)).toMatchObject(invalid);
    const old = await linked(orgB(), 'read', 'KEY_B');
    await sql`update invitations set created_at = now() - interval '7 days 1 second' where org_id = ${orgB()}`.execute(
      db(),
    );
    expect(await follow(old)).toMatchObject(invalid);
  });

  test('of a second organization waits until the new account accepts it while signed in', async () => {
    const [first, second] = [await linked(orgA(), 'read'), await linked(orgB(), 'admin', 'KEY_B')];
    const { key } = (await follow(first)).body;
    expect(await follow(second)).toMatchObject(invalid);
    expect(await call('GET', `/app/com.other.app`, key)).toMatchObject({ status: 404 });
    expect((await call('GET', '/organization/invitations', key)).body).toEqual([
      { org_id: orgB(), name: 'Org B', role: 'admin', created_at: expect.any(String) },
    ]);
    expect(await accept(key, orgB())).toEqual({ status: 200, body: { status: 'ok', org_id: orgB(), role: 'admin' } });
    expect(await call('GET', `/app/com.other.app`, key)).toMatchObject({ status: 200 });
    expect((await call('GET', '/organization/invitations', key)).body).toEqual([]);
  });

  test('says the same whatever the reason, and what to do', async () => {
    const used = await linked(orgA(), 'read');
    await follow(used);
    const answers = [await follow(used), await follow('never-given')];
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]!.body.message).toContain('overair organization accept');
  });

  test('gives a key that ends where the organization wants keys that end', async () => {
    await call('PUT', '/organization', keyValue('ALL'), { orgId: orgA(), max_apikey_expiration_days: 30 });
    await db().updateTable('orgs').set({ require_apikey_expiration: true }).where('id', '=', orgA()).execute();
    const { body } = await follow(await linked(orgA(), 'read'));
    const days = (Date.parse(body.expires_at) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29);
    expect(days).toBeLessThanOrEqual(30);
    expect(await call('GET', `/organization?orgId=${orgA()}`, body.key)).toMatchObject({ status: 200 });
  });
});

describe('an existing account', () => {
  test('is invited without a link, and accepts with a key of its own', async () => {
    const { body } = await invite(orgA(), 'write', 'ALL', 'u2@example.test');
    expect(body.data).not.toHaveProperty('invite_link');
    expect(await call('GET', `/app/${APP}`, keyValue('KEY_B'))).toMatchObject({ status: 404 });
    expect(await accept(keyValue('KEY_B'), orgA())).toMatchObject({ status: 200, body: { role: 'write' } });
    expect(await call('GET', `/app/${APP}`, keyValue('KEY_B'))).toMatchObject({ status: 200 });
    expect(await accept(keyValue('KEY_B'), orgA())).toMatchObject({ status: 404, body: { error: 'no_invitation' } });
  });

  test('cannot accept what was meant for somebody else, or what was withdrawn', async () => {
    expect(await accept(keyValue('KEY_B'), orgA())).toMatchObject({ status: 404 });
    await invite(orgA(), 'write', 'ALL', 'u2@example.test');
    await withdraw(orgA(), 'ALL', 'u2@example.test');
    expect(await accept(keyValue('KEY_B'), orgA())).toMatchObject({ status: 404 });
    expect(await rowsOf('u2@example.test')).toEqual([{ org_id: orgB(), user_right: 'super_admin', is_invite: false }]);
  });

  test('that was removed does not come back by a link from before', async () => {
    await linked(orgA(), 'admin');
    const user = await db().insertInto('users').values({ email }).returning('id').executeTakeFirstOrThrow();
    const { key } = (await createKeyFor(user.id)) as { key: string };
    await invite(orgA(), 'read');
    await accept(key, orgA());
    await withdraw(orgA());
    expect((await call('GET', '/organization/invitations', key)).body).toEqual([]);
    expect(await accept(key, orgA())).toMatchObject({ status: 404 });
  });
});

async function createKeyFor(user_id: string) {
  const key = 'key-of-ann-for-this-test';
  const { hashKey } = await import('../../accounts/keys.ts');
  await db()
    .insertInto('apikeys')
    .values({ user_id, key_hash: hashKey(key), name: 'ann', mode: 'all' })
    .execute();
  return { key };
}

test('who may less takes back no invitation to more, and replaces none', async () => {
  await db().updateTable('org_users').set({ user_right: 'admin' }).where('user_id', '=', String(names['U3'])).execute();
  const token = await linked(orgA(), 'super_admin');
  expect(await withdraw(orgA(), 'KEY3')).toMatchObject({ status: 403 });
  expect(await invite(orgA(), 'read', 'KEY3')).toMatchObject({
    status: 400,
    body: { moreInfo: { data: 'NO_RIGHTS' } },
  });
  expect(await follow(token)).toMatchObject({ status: 200, body: { user_right: 'super_admin' } });
});

describe('nothing pending counts', () => {
  beforeEach(async () => {
    await invite(orgA(), 'super_admin', 'ALL', 'u2@example.test');
  });
  const key = () => keyValue('KEY_B');
  const unknownOrg = '00000000-0000-4000-8000-000000000000';
  const withoutIds = (answer: unknown, ...ids: string[]) =>
    ids.reduce((text, id) => text.replaceAll(id, 'ID'), JSON.stringify(answer));

  test.each([
    ['limited_to_orgs', (id: string) => ({ limited_to_orgs: [id] }), 'ORG_A', unknownOrg],
    ['org_id', (id: string) => ({ org_id: id }), 'ORG_A', unknownOrg],
    ['limited_to_apps', (id: string) => ({ limited_to_apps: [id] }), 'APP', 'com.nope.app'],
  ])('a key by %s of the organization answers as for an unknown one', async (_name, limit, there, unknown) => {
    const foreign = String(names[there]);
    const ask = (id: string) => call('POST', '/apikey', key(), { name: 'n', ...limit(id) });
    const answers = [await ask(foreign), await ask(unknown)];
    expect(answers[0]).toMatchObject({ status: 404 });
    expect(withoutIds(answers[0], foreign)).toBe(withoutIds(answers[1], unknown));
  });

  test('the row id of an app there, or anywhere else, does not tell its name', async () => {
    const { id } = await db().selectFrom('apps').select('id').where('app_id', '=', APP).executeTakeFirstOrThrow();
    const ask = (app_id: string) => call('POST', '/apikey', key(), { name: 'n', app_id });
    const foreign = await ask(id);
    expect(foreign).toMatchObject({ status: 404, body: { error: 'app_not_found' } });
    expect(JSON.stringify(foreign)).not.toContain(APP);
    expect(withoutIds(foreign, id)).toBe(withoutIds(await ask(unknownOrg), unknownOrg));
  });

  test('lists show nothing of it, and its rules bind no key', async () => {
    await db()
      .updateTable('orgs')
      .set({ require_apikey_expiration: true, enforce_hashed_api_keys: true })
      .where('id', '=', orgA())
      .execute();
    expect((await call('GET', '/app', key())).body.data).toHaveLength(1);
    expect((await call('GET', '/organization', key())).body).toHaveLength(1);
    expect(await call('POST', '/apikey', key(), { name: 'n', hashed: false })).toMatchObject({ status: 200 });
  });
});

type Ask = (method: Method, url: string, body?: object) => Promise<Answer>;

const byKey =
  (key: string): Ask =>
  (method, url, body) =>
    call(method, url, key, body);

/** How an invited person takes up the link, and asks from then on. */
const ways: { way: string; keys: object[]; join: (token: string) => Promise<Ask> }[] = [
  {
    way: 'by the key of the link',
    keys: [{ name: 'First key', mode: 'all' }],
    join: async (token) => byKey((await follow(token)).body.key),
  },
  {
    way: 'by a session, with a password of their own',
    keys: [],
    async join(token) {
      const person = { name: 'Ann', password: 'nine slow rivers bend' };
      const joining = new Browser(server, address);
      expect(await joining.post('/session/invitation/accept', { token, ...person })).toMatchObject({ status: 200 });
      const browser = new Browser(server, address);
      const credentials = { email, password: person.password };
      expect(await browser.post('/session/sign-in/email', credentials)).toMatchObject({ status: 200 });
      return async (method, url, body) => {
        const { status, json } = await browser.ask(method, url, body);
        return { status, body: json };
      };
    },
  },
];

/** What each right opens, from the least to the most: a deed that needs exactly this right. */
const deeds: { right: string; deed: (ask: Ask) => Promise<Answer> }[] = [
  { right: 'read', deed: (ask) => ask('GET', `/bundle?app_id=${APP}`) },
  {
    right: 'upload',
    deed: (ask) => ask('PUT', '/bundle', { app_id: APP, version_id: names['V2'], channel_id: names['C2'] }),
  },
  { right: 'write', deed: (ask) => ask('POST', '/channel', { app_id: APP, channel: 'of-ann' }) },
  {
    right: 'admin',
    deed: (ask) => ask('POST', '/organization/members', { orgId: orgA(), email: 'x@y.test', invite_type: 'read' }),
  },
  {
    right: 'super_admin',
    deed: (ask) =>
      ask('POST', '/organization/members', { orgId: orgA(), email: 'z@y.test', invite_type: 'super_admin' }),
  },
];

const invited = ways.flatMap((each) => deeds.map(({ right }, most) => ({ ...each, right, most })));

describe.each(invited)('an invited $right, $way', ({ right, most, keys, join }) => {
  test('does what the right says, and is refused the rest', async () => {
    const ask = await join(await linked(orgA(), right));
    for (const [at, { right: needed, deed }] of deeds.entries()) {
      const { status, body } = await deed(ask);
      if (at <= most) expect({ needed, status, body }).toMatchObject({ needed, status: 200 });
      else expect({ needed, status }).toEqual({ needed, status: expect.toBeOneOf([400, 401, 403]) });
    }
  });

  test('lists and makes keys, approves a login, and accepts a second organization', async () => {
    const ask = await join(await linked(orgA(), right));
    expect((await ask('GET', '/apikey')).body).toMatchObject(keys);
    const made = await ask('POST', '/apikey', { name: 'ci', mode: 'read', limited_to_apps: [APP] });
    expect(await call('GET', `/app/${APP}`, made.body.key)).toMatchObject({ status: 200 });
    expect((await ask('GET', '/apikey')).body).toHaveLength(keys.length + 1);
    const codes = (await call('POST', '/connect/device', undefined, { client_name: 'laptop', mode: 'all' })).body;
    expect(await ask('POST', '/connect/approve', { user_code: codes.user_code })).toMatchObject({ status: 200 });
    const approved = (await call('POST', '/connect/token', undefined, { device_code: codes.device_code })).body;
    expect(await deeds[most]!.deed(byKey(approved.key))).toMatchObject({ status: 200 });
    if (most + 1 < deeds.length) expect((await deeds[most + 1]!.deed(byKey(approved.key))).status).not.toBe(200);
    expect((await invite(orgB(), 'read', 'KEY_B')).body.data).not.toHaveProperty('invite_link');
    expect(await ask('GET', '/app/com.other.app')).not.toMatchObject({ status: 200 });
    expect(await ask('POST', '/organization/members/accept', { orgId: orgB() })).toMatchObject({ status: 200 });
    expect(await ask('GET', '/app/com.other.app')).toMatchObject({ status: 200 });
  });
});

test('a program whose login was approved accepts for its owner', async () => {
  const { key } = (await follow(await linked(orgA(), 'read'))).body;
  const codes = (await call('POST', '/connect/device', undefined, { client_name: 'laptop', mode: 'all' })).body;
  await call('POST', '/connect/approve', key, { user_code: codes.user_code });
  const approved = (await call('POST', '/connect/token', undefined, { device_code: codes.device_code })).body;
  await invite(orgB(), 'read', 'KEY_B');
  expect(await accept(approved.key, orgB())).toMatchObject({ status: 200 });
  expect(await call('GET', '/app/com.other.app', key)).toMatchObject({ status: 200 });
});

describe('guesses', () => {
  test('accepted invitations are none', async () => {
    for (let person = 0; person < 2 * FAILED_AUTH_LIMIT; person += 1) {
      const token = await linked(orgA(), 'read', 'ALL', `person-${person}@example.test`);
      expect((await follow(token)).status).toBe(200);
    }
  });

  test('of tokens are told to wait; a right one is accepted all the same', async () => {
    for (let guess = 0; guess < FAILED_AUTH_LIMIT; guess += 1) expect(await follow('guess')).toMatchObject(invalid);
    expect(await follow('guess')).toMatchObject({ status: 429 });
    expect(await follow(await linked(orgA(), 'read'))).toMatchObject({ status: 200 });
  });
});

test('a link opens the page of the console; one from before leads a browser there, and tells a program nothing', async () => {
  const { body } = await invite(orgA(), 'read');
  const token = tokenIn(body.data.invite_link);
  expect(body.data.invite_link).toBe(`http://updates.test/ui/invite/${token}`);
  const open = (url: string, accept: string) => server.app.inject({ url, headers: { accept } });
  const moved = await open(`/invitation?token=${token}`, 'text/html,application/xhtml+xml,*/*;q=0.8');
  expect(moved.statusCode).toBe(302);
  const from = 'https://host.test/behind/a/proxy/invitation';
  expect(new URL(String(moved.headers.location), from).href).toBe(
    `https://host.test/behind/a/proxy/ui/invite/${token}`,
  );
  expect(moved.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  const odd = await open(`/invitation?token=${encodeURIComponent('//evil.test/?x')}`, 'text/html');
  expect(new URL(String(odd.headers.location), from).href).toBe(
    `https://host.test/behind/a/proxy/ui/invite/${encodeURIComponent('//evil.test/?x')}`,
  );
  expect((await open(`/invitation?token=${token}`, 'application/json')).statusCode).toBe(404);
  expect((await open('/invitation', 'text/html')).statusCode).toBe(404);
  expect((await server.app.inject({ method: 'POST', url: '/invitation', payload: `token=${token}` })).statusCode).toBe(
    404,
  );
  expect(await follow(token), 'looking used nothing up').toMatchObject({ status: 200 });
});

test('the audit log tells who invited, who accepted and which key came of it, without a secret', async () => {
  const token = await linked(orgA(), 'write');
  const { key } = (await follow(token)).body;
  const entries = await db()
    .selectFrom('audit_logs')
    .select(['table_name', 'operation', 'actor_type', 'actor_user_email', 'old_record', 'new_record'])
    .where('org_id', '=', orgA())
    .orderBy('id')
    .execute();
  expect(entries.map((each) => [each.table_name, each.operation, each.actor_type, each.actor_user_email])).toEqual([
    ['invitations', 'INSERT', 'apikey', 'u1@example.test'],
    ['invitations', 'DELETE', 'user', email],
    ['org_users', 'INSERT', 'user', email],
    ['apikeys', 'INSERT', 'user', email],
  ]);
  for (const secret of [token, key, 'token_hash', 'key_hash']) expect(JSON.stringify(entries)).not.toContain(secret);
  expect(await verifyChain(db(), orgA(), 100)).toMatchObject({ valid: true, checked: 4 });
});
