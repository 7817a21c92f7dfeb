// The first start, taking up an invitation by its link, and the limit of calls per key.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildFixture, keyValue, type Names } from '../doors/manage/testing/fixture.ts';
import { tokenIn } from '../testing/browser.ts';
import { openTestDatabase, type TestDatabase } from '../testing/database.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { ensureFirstKey } from './first-key.ts';
import { authenticateKey } from './keys.ts';

describe('the first start', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await openTestDatabase();
    return () => database.close();
  });

  const isKnown = async (key: string) =>
    (await authenticateKey(database.db, { capgkey: key }, null).catch(() => undefined)) !== undefined;

  test('makes one key and shows it once', async () => {
    const first = await ensureFirstKey(database.db);
    expect(first.key).toMatch(/^[0-9a-f-]{36}$/);
    expect(await isKnown(first.key!)).toBe(true);
    expect(await ensureFirstKey(database.db)).toEqual({ key: undefined, org_id: first.org_id });
    const [{ key_hash }] = (await database.db.selectFrom('apikeys').select('key_hash').execute()) as [
      { key_hash: string },
    ];
    expect(key_hash).not.toContain(first.key);
  });

  test('of two processes at once, one makes it', async () => {
    const started = await Promise.all([ensureFirstKey(database.db), ensureFirstKey(database.db)]);
    expect(started.filter(({ key }) => key !== undefined)).toHaveLength(1);
    expect(await database.db.selectFrom('orgs').select('id').execute()).toHaveLength(1);
  });

  test('a configured key is taken, never shown, and lets an owner back in', async () => {
    await ensureFirstKey(database.db);
    expect((await ensureFirstKey(database.db, 'the configured key')).key).toBeUndefined();
    expect(await isKnown('the configured key')).toBe(true);
  });
});

describe('through the door', () => {
  let server: TestServer;
  let names: Names;

  beforeAll(async () => {
    server = await startTestServer({ apiKeyRateLimit: 5 });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    names = await buildFixture(server.database.db);
  });

  async function call(method: 'GET' | 'POST' | 'DELETE', url: string, key: string | undefined, body?: object) {
    const response = await server.app.inject({
      method,
      url,
      headers: key === undefined ? {} : { authorization: key },
      ...(body && { payload: JSON.stringify(body) }),
    });
    return { status: response.statusCode, body: response.json(), headers: response.headers };
  }

  test('a link makes an account once', async () => {
    const invitation = { orgId: names['ORG_A'], email: 'Ann@Example.test', invite_type: 'write' };
    const invited = await call('POST', '/organization/members', keyValue('ALL'), invitation);
    const token = tokenIn(invited.body.data.invite_link);
    const joined = await call('POST', '/invitation/accept', undefined, { token });
    expect(joined).toMatchObject({ status: 200, body: { org_id: names['ORG_A'], email: 'ann@example.test' } });
    const { key } = joined.body;
    expect((await call('GET', '/app/com.demo.app', key)).status).toBe(200);
    expect((await call('GET', `/organization/members?orgId=${names['ORG_A']}`, key)).body).toContainEqual(
      expect.objectContaining({ email: 'ann@example.test', role: 'write', is_tmp: false }),
    );
    expect((await call('POST', '/invitation/accept', undefined, { token })).body.error).toBe('invalid_invitation');
  });

  test('a cancelled invitation is dead, and the address is left in peace', async () => {
    const invitation = { orgId: names['ORG_A'], email: 'ann@example.test', invite_type: 'read' };
    const invited = await call('POST', '/organization/members', keyValue('HASH'), invitation);
    const token = tokenIn(invited.body.data.invite_link);
    expect((await call('DELETE', '/organization/members', keyValue('HASH'), invitation)).status).toBe(200);
    expect((await call('POST', '/invitation/accept', undefined, { token })).status).toBe(401);
    expect((await call('POST', '/organization/members', keyValue('HASH'), invitation)).body.moreInfo.data).toBe(
      'TOO_RECENT_INVITATION_CANCELATION',
    );
  });

  test('a key that calls too often waits, others do not', async () => {
    for (let turn = 0; turn < 5; turn++) expect((await call('GET', '/app', keyValue('READ'))).status).toBe(200);
    const refused = await call('GET', '/app', keyValue('READ'));
    expect(refused).toMatchObject({
      status: 429,
      body: {
        error: 'too_many_requests',
        moreInfo: { reason: 'api_key_rate_limit_exceeded', apikey_id: names['ID_READ'] },
      },
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
    });
    expect((await call('GET', '/app', keyValue('UPLOAD'))).status).toBe(200);
  });
});
