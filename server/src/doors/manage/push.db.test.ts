import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { credentialPurpose } from '../../push/owner/credentials.ts';
import { newVapidKeys } from '../../push/transports/webpush/vapid.ts';
import { createVault, hashSecret } from '../../secrets.ts';
import { basic } from '../../testing/push-world.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';

let server: TestServer;
const app_id = 'com.example.managed';
beforeAll(async () => {
  server = await startTestServer({ allowPrivateAddresses: true });
  const { db } = server.database;
  await db.insertInto('apps').values({ app_id, owner_org: server.orgId, name: 'Managed' }).execute();
});
afterAll(async () => server.close());

async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object) {
  const answer = await server.app.inject({
    method,
    url: method === 'GET' && body ? `${url}?${new URLSearchParams(body as Record<string, string>)}` : url,
    headers: { authorization: server.adminKey },
    ...(method !== 'GET' && body && { payload: body }),
  });
  return { status: answer.statusCode, text: answer.body, json: JSON.parse(answer.body) };
}

test('an owner enables push, stores a credential, and its secrets never come back', async () => {
  const enabled = await call('POST', '/push/app', { app_id });
  expect(enabled).toMatchObject({ status: 201, json: { app_key: expect.stringMatching(/^[0-9a-f]{24}$/) } });
  expect((await call('POST', '/push/app', { app_id })).status).toBe(409);
  const credential = { subject: 'mailto:owner@example.com' };
  expect((await call('PUT', '/push/credential', { app_id, channel: 'webpush', credential })).status).toBe(200);
  const shown = await call('GET', '/push/app', { app_id });
  expect(shown.json.credentials[0].details.public_key).toMatch(/^[\w-]{87}$/);
  expect(shown.text).not.toContain('private_key');
  expect(shown.text).not.toContain(enabled.json.master_secret);
  const stored = JSON.stringify(await server.database.db.selectFrom('push_credentials').selectAll().execute());
  expect(stored).not.toContain('private_key');
});

test('the VAPID key pair stays when the rest of the credential changes', async () => {
  const keyOf = async () => (await call('GET', '/push/app', { app_id })).json.credentials[0].details.public_key;
  const before = await keyOf();
  const credential = { subject: 'mailto:other@example.com', hosts: ['push.example.com'] };
  expect((await call('PUT', '/push/credential', { app_id, channel: 'webpush', credential })).status).toBe(200);
  expect(await keyOf()).toBe(before);
});

test('after a change of the server secret the key pair is not silently replaced', async () => {
  const sealed = createVault('another secret').seal('{}', credentialPurpose(app_id, 'webpush'));
  await server.database.db.updateTable('push_credentials').set({ sealed }).where('app_id', '=', app_id).execute();
  const store = (keys: object) => {
    const credential = { subject: 'mailto:owner@example.com', ...keys };
    return call('PUT', '/push/credential', { app_id, channel: 'webpush', credential });
  };
  expect(await store({})).toMatchObject({ status: 409, json: { error: 'credential_unreadable' } });
  expect(await store(newVapidKeys())).toMatchObject({ status: 200 });
});

test('a malformed credential is refused with the name of the field and without the secret', async () => {
  const credential = { p8: 'not a key at all', key_id: 'k', team_id: 't', bundle_id: 'b' };
  const answer = await call('PUT', '/push/credential', { app_id, channel: 'apns', credential });
  expect(answer).toMatchObject({ status: 400, json: { error: 'push_field_invalid' } });
  expect(answer.json.message).toContain('p8');
  expect(answer.text).not.toContain('not a key at all');
});

test('a rotated master secret opens, and the one before still does', async () => {
  const shown = await call('GET', '/push/app', { app_id });
  const { master_secret: first } = (await call('POST', '/push/app/rotate', { app_id })).json;
  const { master_secret: second } = (await call('POST', '/push/app/rotate', { app_id })).json;
  const opens = async (secret: string) => {
    const headers = { authorization: basic(shown.json.app_key, secret) };
    return (await server.app.inject({ method: 'GET', url: '/v4/tags', headers })).statusCode;
  };
  expect(await Promise.all([opens(first), opens(second)])).toEqual([200, 200]);
  expect(await opens('0'.repeat(24))).toBe(401);
});

test('a group is created, changed, rotated and deleted', async () => {
  const { orgId } = server;
  const created = await call('POST', '/push/group', { orgId, name: 'All apps', app_ids: [app_id] });
  expect(created.status).toBe(201);
  const { group_key } = created.json;
  expect((await call('GET', '/push/group', { orgId })).json).toMatchObject([{ group_key, app_ids: [app_id] }]);
  expect((await call('PUT', '/push/group', { orgId, group_key, name: 'Renamed', app_ids: [] })).status).toBe(200);
  expect((await call('GET', '/push/group', { orgId })).json).toMatchObject([{ name: 'Renamed', app_ids: [] }]);
  expect((await call('POST', '/push/group/rotate', { orgId, group_key })).json.group_secret).toMatch(/^[0-9a-f]{24}$/);
  expect((await call('DELETE', '/push/group', { orgId, group_key })).status).toBe(200);
  expect((await call('DELETE', '/push/group', { orgId, group_key })).status).toBe(404);
});

test('a group takes only apps of its organization that have push, and is not made without them', async () => {
  const { orgId } = server;
  const refusal = {
    status: 400,
    json: { error: 'cannot_group_app', message: expect.stringContaining('com.stranger.app') },
  };
  const app_ids = [app_id, 'com.stranger.app'];
  expect(await call('POST', '/push/group', { orgId, name: 'Typo', app_ids })).toMatchObject(refusal);
  expect((await call('GET', '/push/group', { orgId })).json).toEqual([]);
  const { group_key } = (await call('POST', '/push/group', { orgId, name: 'Group', app_ids: [app_id] })).json;
  expect(await call('PUT', '/push/group', { orgId, group_key, name: 'Typo', app_ids })).toMatchObject(refusal);
  expect((await call('GET', '/push/group', { orgId })).json).toMatchObject([{ name: 'Group', app_ids: [app_id] }]);
  await call('DELETE', '/push/group', { orgId, group_key });
});

test('an app without push takes no credential', async () => {
  const bare = 'com.example.bare';
  await server.database.db.insertInto('apps').values({ app_id: bare, owner_org: server.orgId, name: 'Bare' }).execute();
  const credential = { subject: 'mailto:owner@example.com' };
  const answer = await call('PUT', '/push/credential', { app_id: bare, channel: 'webpush', credential });
  expect(answer).toMatchObject({ status: 404, json: { error: 'push_not_enabled' } });
});

test('a segment is a stored audience, checked like one', async () => {
  const bad = await call('POST', '/push/segment', { app_id, name: 'Gold', audience: { tags: ['gold'] } });
  expect(bad).toMatchObject({ status: 400, json: { error: 'push_field_unknown' } });
  const good = await call('POST', '/push/segment', { app_id, name: 'Gold', audience: { tag: ['gold'] } });
  expect(good.status).toBe(201);
  expect((await call('GET', '/push/segment', { app_id })).json).toEqual([good.json]);
});

describe('the audit log', () => {
  const audited = 'com.example.audited';
  const secrets: string[] = [];
  let receiver: Awaited<ReturnType<typeof startEcho>>;
  beforeAll(async () => {
    const { db } = server.database;
    await db.insertInto('apps').values({ app_id: audited, owner_org: server.orgId, name: 'Audited' }).execute();
    receiver = await startEcho();
  });
  afterAll(() => receiver.close());

  /** What the deed left in the log, oldest first. */
  async function entriesOf(deed: () => Promise<{ status: number }>) {
    const list = async () => (await call('GET', '/organization/audit', { orgId: server.orgId, limit: '100' })).json;
    const { total } = await list();
    expect((await deed()).status).toBeLessThan(300);
    const { data, total: after, chain } = await list();
    expect(chain.valid).toBe(true);
    return data.slice(0, after - total).reverse();
  }
  const update = (table_name: string, record_id: unknown, changed_fields: string[]) => ({
    table_name,
    record_id,
    operation: 'UPDATE',
    changed_fields: expect.arrayContaining(changed_fields),
    actor_type: 'apikey',
  });

  test('names who turned push on, changed its settings and its secret', async () => {
    const app_id = audited;
    const enabled = await entriesOf(async () => {
      const answer = await call('POST', '/push/app', { app_id });
      secrets.push(answer.json.master_secret);
      return answer;
    });
    expect(enabled).toMatchObject([{ table_name: 'push_apps', record_id: app_id, operation: 'INSERT' }]);
    expect(enabled[0]).toMatchObject({ new_record: { enabled: true }, actor_apikey_id: expect.any(Number) });
    const settings = { app_id, enabled: false, web_origins: ['https://example.com'] };
    expect(await entriesOf(() => call('PUT', '/push/app', settings))).toMatchObject([
      { ...update('push_apps', app_id, ['enabled', 'web_origins']), new_record: { enabled: false } },
    ]);
    expect(await entriesOf(() => call('PUT', '/push/app', settings))).toEqual([]);
    const rotated = await entriesOf(async () => {
      const answer = await call('POST', '/push/app/rotate', { app_id });
      secrets.push(answer.json.master_secret);
      return answer;
    });
    expect(rotated).toMatchObject([update('push_apps', app_id, ['secret_hash'])]);
  });

  test('names who stored and deleted credentials', async () => {
    const about = { app_id: audited, channel: 'fcm' };
    const record_id = `${audited}:fcm`;
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    secrets.push(private_key, private_key.split('\n')[1] ?? '');
    const credential = { project_id: 'first', client_email: 'push@example.com', private_key };
    const store = (changes: object) =>
      call('PUT', '/push/credential', { ...about, credential: { ...credential, ...changes } });
    expect(await entriesOf(() => store({}))).toMatchObject([
      {
        table_name: 'push_credentials',
        record_id,
        operation: 'INSERT',
        new_record: { details: { project_id: 'first' } },
      },
    ]);
    expect(await entriesOf(() => store({ project_id: 'second' }))).toMatchObject([
      {
        ...update('push_credentials', record_id, ['details', 'sealed']),
        old_record: { details: { project_id: 'first' } },
      },
    ]);
    expect(await entriesOf(() => call('DELETE', '/push/credential', about))).toMatchObject([
      { table_name: 'push_credentials', record_id, operation: 'DELETE', new_record: null },
    ]);
    expect(await entriesOf(() => call('DELETE', '/push/credential', about))).toEqual([]);
  });

  test('names who made, changed, rotated and deleted a group', async () => {
    const { orgId } = server;
    let group_key = '';
    const keep = async (deed: Promise<{ status: number; json: { group_key?: string; group_secret: string } }>) => {
      const answer = await deed;
      group_key = answer.json.group_key ?? group_key;
      secrets.push(answer.json.group_secret);
      return answer;
    };
    const body = { orgId, name: 'Audited', app_ids: [audited] };
    expect(await entriesOf(() => keep(call('POST', '/push/group', body)))).toMatchObject([
      { table_name: 'push_groups', operation: 'INSERT', new_record: { name: 'Audited', app_ids: [audited] } },
    ]);
    const change = { orgId, group_key, app_ids: [] };
    expect(await entriesOf(() => call('PUT', '/push/group', change))).toMatchObject([
      {
        ...update('push_groups', group_key, ['app_ids']),
        old_record: { app_ids: [audited] },
        new_record: { app_ids: [] },
      },
    ]);
    expect(await entriesOf(() => keep(call('POST', '/push/group/rotate', { orgId, group_key })))).toMatchObject([
      update('push_groups', group_key, ['secret_hash']),
    ]);
    const callback = { orgId, group_key, url: receiver.url };
    expect(await entriesOf(() => call('PUT', '/push/group/callback', callback))).toMatchObject([
      { table_name: 'push_callbacks', operation: 'INSERT', new_record: { group_key, url: receiver.url } },
    ]);
    expect(await entriesOf(() => call('DELETE', '/push/group', { orgId, group_key }))).toMatchObject([
      { table_name: 'push_groups', record_id: group_key, operation: 'DELETE' },
    ]);
  });

  test('names who changed segments and callbacks', async () => {
    const app_id = audited;
    let segment_id = '';
    const created = await entriesOf(async () => {
      const answer = await call('POST', '/push/segment', { app_id, name: 'Gold', audience: { tag: ['gold'] } });
      segment_id = answer.json.segment_id;
      return answer;
    });
    expect(created).toMatchObject([{ table_name: 'push_segments', record_id: segment_id, operation: 'INSERT' }]);
    expect(await entriesOf(() => call('DELETE', '/push/segment', { app_id, segment_id }))).toMatchObject([
      { table_name: 'push_segments', record_id: segment_id, operation: 'DELETE', old_record: { name: 'Gold' } },
    ]);
    secrets.push('callback-secret', 'Bearer callback-token');
    const callback = { app_id, url: receiver.url, secret: 'callback-secret', authorization: 'Bearer callback-token' };
    expect(await entriesOf(() => call('PUT', '/push/callback', callback))).toMatchObject([
      { table_name: 'push_callbacks', operation: 'INSERT', new_record: { app_id, url: receiver.url } },
    ]);
    const { authorization: _dropped, ...rest } = callback;
    expect(await entriesOf(() => call('PUT', '/push/callback', { ...rest, username: 'me' }))).toMatchObject([
      update('push_callbacks', expect.any(String), ['username', 'authorization_sealed']),
    ]);
    expect(await entriesOf(() => call('DELETE', '/push/callback', { app_id }))).toMatchObject([
      { table_name: 'push_callbacks', operation: 'DELETE' },
    ]);
  });

  test('holds no secret, hashed or sealed, and can be asked for one table', async () => {
    const rows = await server.database.db.selectFrom('audit_logs').select(['old_record', 'new_record']).execute();
    const log = JSON.stringify(rows);
    expect(secrets.every((secret) => secret.length > 10)).toBe(true);
    for (const secret of secrets) {
      expect(log).not.toContain(JSON.stringify(secret).slice(1, -1));
      expect(log).not.toContain(hashSecret(secret));
    }
    expect(log).not.toMatch(/"(\w*sealed|\w*secret\w*|private_key|p8)"|"s1\./);
    const { data } = (await call('GET', '/organization/audit', { orgId: server.orgId, tableName: 'push_groups' })).json;
    expect(new Set(data.map((entry: { table_name: string }) => entry.table_name))).toEqual(new Set(['push_groups']));
  });
});

/** An owner's server that takes callbacks. */
async function startEcho() {
  const echo = createServer(async (request, response) => {
    response.end((JSON.parse(await text(request)) as { echostr: string }).echostr);
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(echo.address() as AddressInfo).port}/callback`,
    close: () => {
      echo.closeAllConnections();
      return new Promise((resolve) => echo.close(resolve));
    },
  };
}
