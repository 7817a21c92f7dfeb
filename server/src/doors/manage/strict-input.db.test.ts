// What limits a right or a list and is not understood is refused, and the answer names it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { addDevice, buildFixture, keyValue, type Names } from './testing/fixture.ts';

let server: TestServer;
let names: Names;

beforeAll(async () => {
  server = await startTestServer({ failedAuthLimit: 0, deviceRateLimit: 0 });
});
afterAll(() => server.close());
beforeEach(async () => {
  names = await buildFixture(server.database.db);
});

async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: unknown) {
  const filled = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => String(names[name]));
  const answer = await server.app.inject({
    method,
    url: filled(url),
    headers: { authorization: keyValue('ALL') },
    ...(body !== undefined && { payload: filled(JSON.stringify(body)) }),
  });
  return { answered: answer.statusCode, ...answer.json() };
}

/** Refused for exactly this name. */
const naming = (name: string) => ({
  answered: 400,
  message: expect.stringContaining(`"${name}"`),
  moreInfo: { error: { issues: [{ path: [name] }] } },
});

/** GET routes that answer one thing by its path. */
const lookups = ['/app/{app_id}', '/apikey/{id}'];

test('every list and look-up refuses a filter that it does not have', async () => {
  const { paths } = (await server.app.inject('/openapi.json')).json();
  const urls = Object.entries(paths as Record<string, object>)
    .filter(([path, methods]) => 'get' in methods && !lookups.includes(path))
    .map(([path]) => path.replace('{app_id}', 'com.demo.app').replace('{org_id}', '{ORG_A}'));
  expect(urls.length).toBeGreaterThan(15);
  for (const url of urls)
    expect({ url, ...(await call('GET', `${url}?unheard_of=1`)) }).toMatchObject(naming('unheard_of'));
});

test('a filter beside a JSON body of a GET is not lost', async () => {
  expect(await call('GET', '/device?platform=ios', { app_id: 'com.demo.app' })).toMatchObject(naming('platform'));
});

describe.each([
  ['POST', '/apikey', { name: 'n' }],
  ['PUT', '/apikey', { id: '{ID_READ}', name: 'n' }],
  ['PUT', '/apikey/{ID_READ}', { name: 'n' }],
  ['POST', '/organization/members', { orgId: '{ORG_A}', email: 'n@example.test', invite_type: 'read' }],
  ['PUT', '/organization/members', { orgId: '{ORG_A}', email: 'u3@example.test', role: 'upload' }],
  ['POST', '/organization/members/accept', { orgId: '{ORG_A}' }],
  ['POST', '/invitation/accept', { token: 't' }],
  ['POST', '/connect/device', { client_name: 'n' }],
  ['POST', '/connect/approve', { user_code: 'BCDF-GHJK' }],
] as const)('%s %s', (method, url, body) => {
  const rows = () => server.database.db.selectFrom('audit_logs').select('id').execute();

  test.each(['limited_to_app', 'Mode', 'scopes', '__proto__'])(
    'refuses the field %s, and does nothing',
    async (name) => {
      const before = await rows();
      const given = Object.defineProperty({ ...body }, name, { value: ['x'], enumerable: true });
      expect(await call(method, url, given)).toMatchObject({ ...naming(name), error: 'invalid_body' });
      expect(await rows()).toEqual(before);
    },
  );

  test('refuses a parameter in the query beside its body', async () => {
    const before = await rows();
    expect(await call(method, `${url}?limited_to_apps=x`, body)).toMatchObject(naming('limited_to_apps'));
    expect(await rows()).toEqual(before);
  });
});

test('both spellings of a field may stand there as long as they agree', async () => {
  const invite = { orgId: '{ORG_A}', email: 'n@example.test', invite_type: 'admin' };
  const url = '/organization/members';
  expect(await call('POST', url, { ...invite, role: 'read' })).toMatchObject(naming('role'));
  expect(await call('POST', url, { ...invite, role: 'admin' })).toMatchObject({ answered: 200 });
});

test('elsewhere unknown fields are ignored, as the contract says', async () => {
  const app = { app_id: 'com.new.app', name: 'New', owner_org: '{ORG_A}', color: 'blue' };
  expect(await call('POST', '/app', app)).toMatchObject({ app_id: 'com.new.app' });
  expect(await call('POST', '/channel', { app_id: 'com.new.app', channel: 'c', color: 'blue' })).toMatchObject({
    answered: 200,
  });
});

describe('filters', () => {
  const ids = async (query: string) =>
    (await call('GET', `/device?app_id=com.demo.app&${query}`)).data.map((row: { device_id: string }) => row.device_id);

  beforeEach(async () => {
    const { db } = server.database;
    for (const id of ['two', 'three']) await addDevice(db, id, '2024-01-05T00:00:00Z');
    const change = { version_name: '1.1.0', platform: 'ios', custom_id: 'boss', is_prod: false, os_version: '18' };
    await db.updateTable('devices').set(change).where('device_id', '=', 'two').execute();
    await call('POST', '/device', { app_id: 'com.demo.app', device_id: 'three', channel: 'beta' });
  });

  test.each([
    ['version=1.1.0', ['two']],
    ['version={V2}', ['two']],
    ['version={V1}&platform=android&channel=beta', ['three']],
    ['version=999999999999', []],
    ['version_name=1.1.0', ['two']],
    ['platform=ios', ['two']],
    ['platform=electron', []],
    ['platform=ios&version=1.0.0', []],
    ['channel=beta', ['three']],
    ['channel=nope', []],
    ['custom_id=boss', ['two']],
    ['is_prod=false', ['two']],
    ['is_emulator=true', []],
    ['os_version=18', ['two']],
    ['plugin_version=7.4.0&limit=1', ['11111111-1111-4111-8111-111111111111']],
  ])('/device?%s', async (query, expected) => {
    expect(await ids(query.replace(/\{(\w+)\}/g, (_, name: string) => String(names[name])))).toEqual(expected);
  });

  test('values that no device can have are named', async () => {
    const list = '/device?app_id=com.demo.app';
    expect(await call('GET', `${list}&platform=windows`)).toMatchObject({ error: 'invalid_platform' });
    expect(await call('GET', `${list}&is_prod=maybe`)).toMatchObject({ error: 'invalid_body' });
    expect(await call('GET', `${list}&device_id=two&platform=android`)).toMatchObject({ error: 'invalid_body' });
  });

  test('bundles by name', async () => {
    const list = '/bundle?app_id=com.demo.app';
    const { answered: _, ...rows } = await call('GET', `${list}&version=1.1.0`);
    expect(rows).toMatchObject({ 0: { name: '1.1.0' } });
    expect(Object.keys(rows)).toHaveLength(1);
    expect(await call('GET', `${list}&version=7.7.7`)).toMatchObject({ error: 'cannot_get_bundle' });
  });
});
