// A program asks, its owner approves or denies, the program fetches: every answer of /connect, and what each leaves behind.

import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { forgetConnectRequests } from '../../accounts/connect-expiry.ts';
import { hashSecret } from '../../secrets.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { APP, buildFixture, keyValue, type Names } from './testing/fixture.ts';

const FAILED_AUTH_LIMIT = 5;

let server: TestServer;
let names: Names;
/** Limits count per address: each test has one of its own. */
let address: string;
let tests = 0;
const db = () => server.database.db;

beforeAll(async () => {
  server = await startTestServer({ failedAuthLimit: FAILED_AUTH_LIMIT });
});
afterAll(() => server.close());
beforeEach(async () => {
  names = await buildFixture(db());
  await db().deleteFrom('connect_requests').execute();
  tests += 1;
  address = `203.0.113.${tests}`;
});

type Method = 'GET' | 'POST';

async function call(method: Method, url: string, body?: object, key?: string, remoteAddress = address) {
  const answer = await server.app.inject({
    method,
    url,
    remoteAddress,
    headers: key === undefined ? {} : { authorization: keyValue(key) },
    ...(body && { payload: JSON.stringify(body) }),
  });
  return { status: answer.statusCode, ...answer.json() };
}

const ask = (body: object = {}) => call('POST', '/connect/device', { client_name: 'overair on a laptop', ...body });
const fetchKey = (device_code: string) => call('POST', '/connect/token', { device_code });
const look = (user_code: string) => call('GET', `/connect/request?user_code=${user_code}`, undefined, 'ALL');
const approve = (body: object, key = 'ALL') => call('POST', '/connect/approve', body, key);
const deny = (user_code: string) => call('POST', '/connect/deny', { user_code }, 'ALL');
const audit = () =>
  db()
    .selectFrom('audit_logs')
    .select(['table_name', 'operation', 'actor_apikey_name', 'actor_ip', 'new_record', 'old_record'])
    .where('org_id', '=', String(names['ORG_A']))
    .orderBy('id')
    .execute();
const age = (interval: string) =>
  sql`update connect_requests set expires_at = expires_at - ${interval}::interval`.execute(db());

describe('a program that waits', () => {
  test('is given codes that nobody else can read again', async () => {
    const codes = await ask();
    expect(codes).toEqual({
      status: 200,
      device_code: expect.stringMatching(/^[\w-]{43}$/),
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: 'http://updates.test/connect',
      verification_uri_complete: `http://updates.test/connect?user_code=${codes.user_code}`,
      expires_in: 600,
      interval: 2,
    });
    const stored = JSON.stringify(await db().selectFrom('connect_requests').selectAll().execute());
    expect(stored).not.toContain(codes.device_code);
    expect(stored).not.toContain(codes.user_code);
    expect(stored).toContain(hashSecret(codes.device_code));
  });

  test('hears that it must wait, and that it asks too often', async () => {
    const { device_code } = await ask();
    const pending = { status: 'KO', error: 'authorization_pending' };
    expect(await fetchKey(device_code)).toMatchObject(pending);
    expect(await fetchKey(device_code)).toMatchObject({ error: 'slow_down' });
    const polledAgo = (seconds: number) =>
      sql`update connect_requests set polled_at = now() - make_interval(secs => ${seconds})`.execute(db());
    await polledAgo(3);
    expect(await fetchKey(device_code)).toMatchObject({ error: 'slow_down' });
    await polledAgo(13);
    expect(await fetchKey(device_code)).toMatchObject(pending);
  });

  test.each([
    ['unknown', 'invalid_grant'],
    ['', 'invalid_request'],
  ])('with the device code "%s" is told %s', async (device_code, error) => {
    expect(await fetchKey(device_code)).toMatchObject({ error });
  });

  test('is turned away after ten minutes', async () => {
    const { device_code, user_code } = await ask();
    await age('10 minutes');
    expect(await fetchKey(device_code)).toMatchObject({ error: 'expired_token' });
    expect(await look(user_code)).toMatchObject({ error: 'unknown_user_code' });
    expect(await approve({ user_code })).toMatchObject({ error: 'unknown_user_code' });
    expect(await deny(user_code)).toMatchObject({ error: 'unknown_user_code' });
  });

  test('cannot fill the database', async () => {
    for (let asked = 0; asked < FAILED_AUTH_LIMIT; asked += 1) expect(await ask()).toHaveProperty('user_code');
    expect(await ask()).toMatchObject({ error: 'too_many_requests' });
    expect(await call('POST', '/connect/device', { client_name: 'n' }, undefined, '198.51.100.1')).toHaveProperty(
      'user_code',
    );
  });

  test.each([
    [{ client_name: '' }, 'missing_client_name'],
    [{ client_name: 'x'.repeat(101) }, 'missing_client_name'],
    [{ mode: 'root' }, 'invalid_mode'],
    [{ limited_to_apps: 'com.demo.app' }, 'invalid_body'],
  ])('asking with %j is refused: %s', async (body, error) => {
    expect(await ask(body)).toMatchObject({ status: 'KO', error });
  });
});

describe('the owner', () => {
  test('sees who asks for what, from where', async () => {
    const { user_code } = await ask({ client_name: '<b>CI</b>\u202E job', mode: 'upload', limited_to_apps: [APP] });
    for (const typed of [user_code, user_code.toLowerCase(), user_code.replace('-', '%20')]) {
      expect(await look(typed)).toMatchObject({
        client_name: 'CI job',
        client_ip: address,
        mode: 'upload',
        limited_to_apps: [APP],
      });
    }
  });

  test('approves, and the program fetches its key exactly once', async () => {
    const { user_code, device_code } = await ask({ mode: 'upload', limited_to_apps: [APP] });
    expect(await approve({ user_code })).toEqual({ status: 'ok' });
    const { key_hash } = await db()
      .selectFrom('apikeys')
      .select('key_hash')
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow();
    const { secret_sealed } = await db()
      .selectFrom('connect_requests')
      .select('secret_sealed')
      .executeTakeFirstOrThrow();
    const fetched = await fetchKey(device_code);
    expect(fetched).toMatchObject({
      status: 200,
      name: 'overair on a laptop',
      mode: 'upload',
      limited_to_apps: [APP],
      limited_to_orgs: [],
      expires_at: null,
    });
    expect(hashSecret(fetched.key)).toBe(key_hash);
    expect(secret_sealed).not.toContain(fetched.key);
    const apps = await server.app.inject({ url: '/app', headers: { authorization: fetched.key } });
    expect(apps.json().data.map(({ app_id }: { app_id: string }) => app_id)).toEqual([APP]);
    expect(await fetchKey(device_code)).toMatchObject({ error: 'invalid_grant' });
    expect(await db().selectFrom('connect_requests').select('id').execute()).toEqual([]);
  });

  test('two programs that fetch with one code at once get one key', async () => {
    const { user_code, device_code } = await ask();
    await approve({ user_code });
    const answers = await Promise.all([fetchKey(device_code), fetchKey(device_code)]);
    expect(answers.filter(({ key }) => key)).toHaveLength(1);
  });

  test('gives less, or more, than was asked for', async () => {
    const { user_code, device_code } = await ask({ mode: 'all', limited_to_apps: [APP] });
    const limited_to_orgs = [String(names['ORG_A'])];
    const expires_at = new Date(Date.now() + 86_400_000).toISOString();
    await approve({ user_code, mode: 'read', limited_to_apps: [], limited_to_orgs, expires_at });
    const given = { mode: 'read', limited_to_apps: [], limited_to_orgs, expires_at };
    expect(await fetchKey(device_code)).toMatchObject(given);
  });

  test('decides once', async () => {
    const { user_code } = await ask();
    const decided = await Promise.all([approve({ user_code }), approve({ user_code }), deny(user_code)]);
    expect(decided.filter(({ status }) => status === 'ok')).toHaveLength(1);
    expect(decided.filter(({ error }) => error === 'unknown_user_code')).toHaveLength(2);
  });

  test('denies, and no key is made', async () => {
    const { user_code, device_code } = await ask();
    // Using a key writes to its row, which then lies elsewhere.
    const keys = () => db().selectFrom('apikeys').select('id').orderBy('id').execute();
    const before = await keys();
    expect(await deny(user_code)).toEqual({ status: 'ok' });
    expect(await fetchKey(device_code)).toMatchObject({ error: 'access_denied' });
    expect(await keys()).toEqual(before);
  });

  test('who approved what no key may be can try again', async () => {
    const { user_code } = await ask();
    expect(await approve({ user_code, limited_to_apps: ['com.nope.app'] })).toMatchObject({ error: 'app_not_found' });
    await db().updateTable('orgs').set({ require_apikey_expiration: true }).execute();
    expect(await approve({ user_code })).toMatchObject({ error: 'expiration_required' });
    expect(await approve({ user_code, expires_at: '2999-01-01T00:00:00Z' })).toEqual({ status: 'ok' });
  });

  test.each(['READ', 'WRITE', 'LIM'])('cannot approve with the key %s', async (key) => {
    const { user_code, device_code } = await ask();
    expect(await approve({ user_code, mode: 'read' }, key)).toMatchObject({ error: 'cannot_create_apikey' });
    expect(await fetchKey(device_code)).toMatchObject({ error: 'authorization_pending' });
  });

  test('revokes a key that was not fetched yet: there is nothing to fetch', async () => {
    const { user_code, device_code } = await ask();
    await approve({ user_code });
    await db().deleteFrom('apikeys').where('name', '=', 'overair on a laptop').execute();
    expect(await fetchKey(device_code)).toMatchObject({ error: 'invalid_grant' });
  });

  test('an account that guesses codes waits, wherever it calls from; others behind its address do not', async () => {
    const { user_code } = await ask();
    for (let guess = 0; guess < FAILED_AUTH_LIMIT; guess += 1) {
      expect(await look('BBBB-BBBB')).toMatchObject({ error: 'unknown_user_code' });
    }
    expect(await approve({ user_code })).toMatchObject({ error: 'too_many_requests' });
    expect(await call('POST', '/connect/approve', { user_code }, 'ALL', '198.51.100.1')).toMatchObject({
      error: 'too_many_requests',
    });
    expect(await approve({ user_code }, 'KEY_B')).toEqual({ status: 'ok' });
  });
});

describe('afterwards', () => {
  test('the audit log tells who approved, and that the key was handed over', async () => {
    const { user_code, device_code } = await ask();
    await approve({ user_code, limited_to_orgs: [String(names['ORG_A'])] });
    const { key } = await fetchKey(device_code);
    const entries = await audit();
    expect(
      entries.map(({ table_name, operation, actor_apikey_name }) => [table_name, operation, actor_apikey_name]),
    ).toEqual([
      ['apikeys', 'INSERT', 'ALL'],
      ['connect_requests', 'UPDATE', 'ALL'],
      ['connect_requests', 'DELETE', null],
    ]);
    expect(entries[2]).toMatchObject({ actor_ip: address, old_record: { client_name: 'overair on a laptop' } });
    for (const secret of [key, device_code, hashSecret(device_code), 's1.', 'secret']) {
      expect(JSON.stringify(entries)).not.toContain(secret);
    }
  });

  test('a denial is an entry too', async () => {
    await deny((await ask()).user_code);
    expect(await audit()).toMatchObject([
      {
        table_name: 'connect_requests',
        operation: 'UPDATE',
        new_record: { status: 'denied', client_ip: address },
      },
    ]);
  });

  test('a key that was never fetched is taken back', async () => {
    const { user_code } = await ask();
    await ask();
    await approve({ user_code });
    await forgetConnectRequests(db());
    expect(await db().selectFrom('connect_requests').select('id').execute()).toHaveLength(2);
    await age('21 minutes');
    await forgetConnectRequests(db());
    expect(await db().selectFrom('connect_requests').select('id').execute()).toEqual([]);
    const left = await db().selectFrom('apikeys').select('id').where('name', '=', 'overair on a laptop').execute();
    expect(left).toEqual([]);
    expect((await audit()).at(-1)).toMatchObject({ table_name: 'apikeys', operation: 'DELETE' });
  });
});
