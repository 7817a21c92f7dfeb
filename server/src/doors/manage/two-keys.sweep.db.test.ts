// `x-limited-key-id`: whatever two keys of a user are, together they may do what both may, and nothing more.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashKey } from '../../accounts/keys.ts';
import type { KeyMode } from '../../db/tables/accounts.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { addApp, buildFixture, keyValue, type Names } from './testing/fixture.ts';

interface KeyFacts {
  name: string;
  mode: KeyMode | null;
  limited_to_apps?: string[];
  limited_to_orgs?: string[];
  limited_to_channels?: number[];
  bindings?: string;
}

let server: TestServer;
let names: Names;
let ids: Map<string, number>;

const ORG = (name: string) => String(names[name]);
const bound = (role_name: string, place: object) =>
  JSON.stringify([{ role_name, scope_type: role_name.split('_')[0], app_id: null, channel_id: null, ...place }]);

/** U1 is super admin of ORG_A and admin of ORG_B. */
const keys: Record<string, () => Omit<KeyFacts, 'name'>> = {
  'all, everywhere': () => ({ mode: 'all' }),
  'read, everywhere': () => ({ mode: 'read' }),
  'read, demo app': () => ({ mode: 'read', limited_to_apps: ['com.demo.app'] }),
  'all, demo app': () => ({ mode: 'all', limited_to_apps: ['com.demo.app'] }),
  'all, second app': () => ({ mode: 'all', limited_to_apps: ['com.second.app'] }),
  'all, foreign app': () => ({ mode: 'all', limited_to_apps: ['com.other.app'] }),
  'write, organization A': () => ({ mode: 'write', limited_to_orgs: [ORG('ORG_A')] }),
  'all, organization B': () => ({ mode: 'all', limited_to_orgs: [ORG('ORG_B')] }),
  'all, app and other organization': () => ({
    mode: 'all',
    limited_to_apps: ['com.demo.app'],
    limited_to_orgs: [ORG('ORG_B')],
  }),
  'write, production': () => ({ mode: 'write', limited_to_channels: [Number(names['C1'])] }),
  'all, beta': () => ({ mode: 'all', limited_to_channels: [Number(names['C2'])] }),
  'bound to organization A': () => ({ mode: null, bindings: bound('org_admin', { org_id: ORG('ORG_A') }) }),
  'bound to the demo app': () => ({
    mode: null,
    bindings: bound('app_uploader', { org_id: ORG('ORG_A'), app_id: names['UUID'] }),
  }),
  'bound to production': () => ({
    mode: null,
    bindings: bound('channel_uploader', { org_id: ORG('ORG_A'), app_id: names['UUID'], channel_id: names['C1'] }),
  }),
};
const keyNames = Object.keys(keys);

beforeAll(async () => {
  server = await startTestServer({ failedAuthLimit: 0, deviceRateLimit: 0, apiKeyRateLimit: 0 });
  const { db } = server.database;
  names = await buildFixture(db);
  await addApp(db, 'com.second.app', 'Second App', ORG('ORG_A'), ORG('U1'));
  await db
    .insertInto('org_users')
    .values({ org_id: ORG('ORG_B'), user_id: ORG('U1'), user_right: 'admin' })
    .execute();
  const rows = Object.entries(keys).map(([name, facts]) => ({ name, key_hash: hashKey(keyValue(name)), ...facts() }));
  for (const row of rows)
    await db
      .insertInto('apikeys')
      .values({ ...row, user_id: ORG('U1') })
      .execute();
  const made = await db.selectFrom('apikeys').select(['id', 'name']).where('name', 'in', keyNames).execute();
  ids = new Map(made.map(({ id, name }) => [name, id]));
});
afterAll(() => server.close());

interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  body?: object;
  /** What the answer is when the right is there; none of them changes anything. */
  open: string | number;
}

/** Each about another right in another place. */
const asked: Record<string, Ask> = {
  'reads the demo app': { url: '/app/com.demo.app', open: 200 },
  'reads the second app': { url: '/app/com.second.app', open: 200 },
  'reads the foreign app': { url: '/app/com.other.app', open: 200 },
  'reads devices': { url: '/device?app_id=com.demo.app', open: 200 },
  'reads devices elsewhere': { url: '/device?app_id=com.other.app', open: 200 },
  'reads a channel': { url: '/channel?app_id=com.demo.app&channel=production', open: 200 },
  'reads another channel': { url: '/channel?app_id=com.demo.app&channel=beta', open: 200 },
  promotes: {
    method: 'POST',
    url: '/channel',
    body: { app_id: 'com.demo.app', channel: 'production', version: '9.9.9' },
    open: 'cannot_find_version',
  },
  'promotes on another channel': {
    method: 'POST',
    url: '/channel',
    body: { app_id: 'com.demo.app', channel: 'beta', version: '9.9.9' },
    open: 'cannot_find_version',
  },
  'changes a channel': {
    method: 'POST',
    url: '/channel',
    body: { app_id: 'com.demo.app', channel: 'production', version: '9.9.9', ios: true },
    open: 'cannot_find_version',
  },
  'registers a bundle': {
    method: 'POST',
    url: '/bundle',
    body: { app_id: 'com.demo.app', version: '9.9.9', external_url: 'http://x.test', checksum: 'c' },
    open: 'invalid_protocol',
  },
  'changes the app': { method: 'PUT', url: '/app/com.demo.app', body: { retention: -1 }, open: 'retention_to_small' },
  'changes the foreign app': {
    method: 'PUT',
    url: '/app/com.other.app',
    body: { retention: -1 },
    open: 'retention_to_small',
  },
  'deletes a bundle': {
    method: 'DELETE',
    url: '/bundle?app_id=com.other.app&version=9.9.9',
    open: 'cannot_delete_version',
  },
  'reads members': { url: '/organization/members?orgId={ORG_A}', open: 200 },
  'reads the other audit log': { url: '/organization/audit?orgId={ORG_B}', open: 200 },
  'changes the organization': {
    method: 'PUT',
    url: '/organization',
    body: { orgId: '{ORG_A}', name: ' ' },
    open: 'invalid_body',
  },
  'makes an organization': { method: 'POST', url: '/organization', body: { name: '<b>' }, open: 'invalid_body' },
  'lists keys': { url: '/apikey', open: 200 },
};

async function isOpen({ method = 'GET', url, body, open }: Ask, key: string, subkey?: string): Promise<boolean> {
  const filled = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => ORG(name));
  const answer = await server.app.inject({
    method,
    url: filled(url),
    headers: {
      authorization: keyValue(key),
      ...(subkey !== undefined && { 'x-limited-key-id': String(ids.get(subkey)) }),
    },
    ...(body && { payload: filled(JSON.stringify(body)) }),
  });
  const { code, error } = answer.json();
  return answer.statusCode === open || (code ?? error) === open;
}

const listed = async (url: string, key: string, subkey?: string): Promise<string[]> => {
  const headers = {
    authorization: keyValue(key),
    ...(subkey !== undefined && { 'x-limited-key-id': String(ids.get(subkey)) }),
  };
  const body = (await server.app.inject({ url, headers })).json();
  return (body.data ?? body).map((row: { app_id?: string; id: string }) => row.app_id ?? row.id).sort();
};

/** What of the list above a key may, or two keys together. */
async function opened(key: string, subkey?: string): Promise<string[]> {
  const names: string[] = [];
  for (const [name, ask] of Object.entries(asked)) if (await isOpen(ask, key, subkey)) names.push(name);
  return names;
}

const known = new Map<string, Promise<{ open: string[]; apps: string[] }>>();

async function askAlone(key: string) {
  return { open: await opened(key), apps: await listed('/app', key) };
}

/** Asked once: nothing here changes what a key may. */
function alone(key: string) {
  if (!known.has(key)) known.set(key, askAlone(key));
  return known.get(key)!;
}

const subkeys = keyNames.filter((name) => !name.endsWith('everywhere'));

describe.each(keyNames)('%s', (key) => {
  test.each(subkeys)('narrowed to: %s', async (subkey) => {
    const together = await opened(key, subkey);
    const [one, other] = [await alone(key), await alone(subkey)];
    // Two channels of one app have nothing in common, though either shows its app.
    const isDisjoint = `${key} ${subkey}`.includes('beta') && `${key} ${subkey}`.includes('production');
    const both = (names: string[], others: string[]) =>
      isDisjoint ? [] : names.filter((name) => others.includes(name));
    expect(together).toEqual(both(one.open, other.open));
    const apps = await listed('/app', key, subkey);
    expect(apps).toEqual(both(one.apps, other.apps));
    if (apps.length === 0 && !together.includes('reads members')) {
      const orgs = await listed('/organization', key, subkey);
      expect(orgs).not.toContain(ORG('ORG_A'));
    }
  });
});

test('two keys without a place in common open nothing', async () => {
  const headers = { authorization: keyValue('all, demo app'), 'x-limited-key-id': String(ids.get('all, foreign app')) };
  for (const url of ['/app', '/organization']) {
    const body = (await server.app.inject({ url, headers })).json();
    expect(body.data ?? body).toEqual([]);
  }
  const url = `/organization?orgId=${ORG('ORG_A')}`;
  expect((await server.app.inject({ url, headers })).json()).toMatchObject({ error: 'invalid_org_id' });
});

test('the earlier of two ends is the end, and the log names the key that was shown', async () => {
  const { db } = server.database;
  const value = { user_id: ORG('U1'), mode: 'all' as const, limited_to_apps: ['com.demo.app'] };
  const expired = await db
    .insertInto('apikeys')
    .values({ ...value, name: 'ended', key_hash: 'ended', expires_at: '2020-01-01T00:00:00Z' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const ask = (subkey: number) =>
    server.app.inject({
      method: 'PUT',
      url: '/app/com.demo.app',
      headers: { authorization: keyValue('all, everywhere'), 'x-limited-key-id': String(subkey) },
      payload: { name: 'Renamed' },
    });
  expect((await ask(expired.id)).json()).toMatchObject({ code: 'invalid_subkey' });
  expect((await ask(ids.get('all, demo app')!)).statusCode).toBe(200);
  const entry = await db
    .selectFrom('audit_logs')
    .select('actor_apikey_name')
    .where('table_name', '=', 'apps')
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow();
  expect(entry.actor_apikey_name).toBe('all, everywhere');
});

test('an organization that wants keys to end is content with the end of one of both', async () => {
  const { db } = server.database;
  const ending = await db
    .insertInto('apikeys')
    .values({
      user_id: ORG('U1'),
      mode: 'all',
      limited_to_orgs: [ORG('ORG_A')],
      name: 'ending',
      key_hash: 'ending',
      expires_at: '2999-01-01T00:00:00Z',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db.updateTable('orgs').set({ require_apikey_expiration: true }).where('id', '=', ORG('ORG_A')).execute();
  const url = `/organization?orgId=${ORG('ORG_A')}`;
  const headers = { authorization: keyValue('all, everywhere') };
  expect((await server.app.inject({ url, headers })).json()).toMatchObject({ error: 'org_requires_expiring_key' });
  const narrowed = { ...headers, 'x-limited-key-id': String(ending.id) };
  expect((await server.app.inject({ url, headers: narrowed })).statusCode).toBe(200);
  await db.updateTable('orgs').set({ require_apikey_expiration: false }).where('id', '=', ORG('ORG_A')).execute();
});

test.each([
  ['a number of nobody', () => '999999'],
  ["somebody else's number", () => String(names['ID_KEY_B'])],
  ['no number', () => 'x'],
  ['a key without limits', () => String(ids.get('read, everywhere'))],
])('%s is a failed sign-in, and guessing ends', async (_title, id) => {
  const guarded = await startTestServer({ failedAuthLimit: 3 });
  try {
    const headers = { authorization: guarded.adminKey, 'x-limited-key-id': id() };
    const ask = () => guarded.app.inject({ url: '/app', remoteAddress: '192.0.2.99', headers });
    for (let turn = 0; turn < 3; turn++) expect((await ask()).json()).toMatchObject({ code: 'invalid_subkey' });
    expect((await ask()).statusCode).toBe(429);
  } finally {
    await guarded.close();
  }
});
