// Versions that the server chooses: above everything that was ever there, and never one for two.

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { cleanUp } from './retention.ts';

const app_id = 'com.bump.app';
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  await call('DELETE', `/app/${app_id}`);
  await call('POST', '/app', { app_id, name: 'Bump', owner_org: server.orgId });
});

async function call(method: 'POST' | 'DELETE', url: string, payload?: object) {
  const answer = await server.app.inject({
    method,
    url,
    headers: { authorization: server.adminKey },
    ...(payload ? { payload } : {}),
  });
  return { status: answer.statusCode, body: answer.json() };
}

const checksum = createHash('sha256').update('x').digest('hex');
const create = (naming: object) =>
  call('POST', '/bundle', { app_id, external_url: 'https://x.test/b.zip', checksum, ...naming });
const bump = async (naming: object = { bump: 'patch' }) => (await create(naming)).body.bundle?.name;
const remove = (version: string) => call('DELETE', '/bundle', { app_id, version });

describe('POST /bundle with bump', () => {
  test.each<[string[], object, string]>([
    [[], { bump: 'patch' }, '1.0.0'],
    [[], { bump: 'patch', above: ['1.0.0'] }, '1.0.1'],
    [['1.9.9', '1.10.0', '0.1.0'], { bump: 'patch' }, '1.10.1'],
    [['1.10.0'], { bump: 'minor' }, '1.11.0'],
    [['1.10.0'], { bump: 'major' }, '2.0.0'],
    [['2.0.0-beta.1'], { bump: 'patch' }, '2.0.0'],
    [['1.0.5'], { bump: 'patch', above: ['1.4.0', '1.2.0'] }, '1.4.1'],
    [['1.0.5'], { bump: 'minor', above: ['no version', '0.0.1'] }, '1.1.0'],
    [['1.0.0+key-abc'], { bump: 'patch' }, '1.0.1'],
  ])('after %j with %j comes %s', async (taken, naming, expected) => {
    for (const version of taken) expect((await create({ version })).status).toBe(200);
    expect(await bump(naming)).toBe(expected);
  });

  test('counts deleted bundles, and those whose rows were purged', async () => {
    expect(await bump()).toBe('1.0.0');
    expect(await bump()).toBe('1.0.1');
    await remove('1.0.1');
    expect(await bump()).toBe('1.0.2');
    await remove('1.0.2');
    const { database } = server;
    await database.query("update bundles set deleted_at = now() - interval '100 days' where app_id = $1 and deleted", [
      app_id,
    ]);
    await cleanUp(server.parts, new Date());
    expect(await bump()).toBe('1.0.3');
  });

  test('counts bundles from before this was remembered', async () => {
    await create({ version: '3.0.0' });
    await create({ version: '1.0.0' });
    await server.database.query('delete from highest_versions where app_id = $1', [app_id]);
    await create({ version: '1.0.1' });
    await remove('3.0.0');
    await server.database.query('delete from bundles where app_id = $1 and deleted', [app_id]);
    expect(await bump()).toBe('3.0.1');
  });

  test('gives everybody a version of their own', async () => {
    const names = await Promise.all(Array.from({ length: 8 }, () => bump()));
    expect(names.toSorted()).toEqual(['1.0.0', '1.0.1', '1.0.2', '1.0.3', '1.0.4', '1.0.5', '1.0.6', '1.0.7']);
  });

  test('burns nothing when the bundle is refused', async () => {
    const refused = await create({ bump: 'patch', external_url: null, upload: checksum });
    expect(refused.body.error).toBe('upload_not_found');
    expect(await bump()).toBe('1.0.0');
  });

  test('and version exclude each other; without both the version is missing', async () => {
    expect((await create({ version: '1.0.0', bump: 'patch' })).body.error).toBe('conflicting_version');
    expect((await create({})).body).toMatchObject({ error: 'missing_version' });
    expect((await create({ bump: 'mega' })).status).toBe(400);
  });
});

test('a name of a deleted bundle is told apart from other failures, with the way out', async () => {
  await create({ version: '1.0.0' });
  await remove('1.0.0');
  const { status, body } = await create({ version: '1.0.0' });
  expect([status, body.error]).toEqual([400, 'cannot_create_bundle']);
  expect(body.moreInfo).toMatchObject({ version: '1.0.0', reason: 'version_used_before', hint: expect.any(String) });
});
