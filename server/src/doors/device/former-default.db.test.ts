// A device that keeps the name of the default channel is not left behind, whatever the owner does to that channel.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { Snapshots } from '../../updates/snapshot.ts';

let server: TestServer;
let app_id: string;
let apps = 0;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  app_id = `com.example.former${apps++}`;
  await manage('POST', '/app', { app_id, name: 'Former', owner_org: server.orgId });
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) {
    const bundle = { external_url: 'https://cdn.test/b.zip', checksum: 'a'.repeat(64) };
    await manage('POST', '/bundle', { app_id, version, ...bundle });
  }
  await save('production', { public: true, version: '1.0.0' });
});

async function manage(method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) {
  const headers = { authorization: server.adminKey };
  const answer = await server.app.inject({ method, url, headers, ...(payload && { payload }) });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
}

const save = (channel: string, settings: object) => manage('POST', '/channel', { app_id, channel, ...settings });

/** The bundle that a phone gets that names `production`, or the code of the refusal. */
async function gets(platform: 'ios' | 'android' | 'electron' = 'android'): Promise<string> {
  const payload = {
    ...{ app_id, device_id: '00009a6b-eefe-490a-9c60-8e965132ae51', platform, plugin_version: '8.51.14' },
    ...{ version_build: '1.0.0', version_name: '0.9.0', version_os: '18', version_code: '1' },
    ...{ is_prod: true, is_emulator: false, defaultChannel: 'production' },
  };
  const { version, error } = (await server.ask({ method: 'POST', url: '/updates', payload })).json();
  return error ?? version;
}

test('another channel becomes the default, and again another', async () => {
  expect(await gets()).toBe('1.0.0');
  await save('live', { public: true, version: '1.1.0' });
  expect(await gets()).toBe('1.1.0');
  await save('next', { public: true, version: '1.2.0' });
  expect(await gets()).toBe('1.2.0');
  await save('production', { public: true });
  expect(await gets()).toBe('1.0.0');
});

test('the channel is deleted, and a closed one takes its name', async () => {
  await manage('DELETE', '/channel', { app_id, channel: 'production' });
  expect(await gets()).toBe('no_channel');
  await save('live', { public: true, version: '1.1.0' });
  expect(await gets()).toBe('1.1.0');
  await save('production', { version: '1.2.0' });
  expect(await gets()).toBe('1.1.0');
});

test('a channel that takes its name and is open to devices is meant', async () => {
  await manage('DELETE', '/channel', { app_id, channel: 'production' });
  await save('live', { public: true, version: '1.1.0' });
  await save('production', { version: '1.2.0', allow_device_self_set: true });
  expect(await gets()).toBe('1.2.0');
});

test('the channel is renamed', async () => {
  const rename = "update channels set name = 'stable' where app_id = $1 and name = 'production'";
  await server.database.query(rename, [app_id]);
  await server.parts.snapshots.caughtUp();
  expect(await gets()).toBe('1.0.0');
});

test('each platform has its own default', async () => {
  await save('phones', { public: true, ios: true, android: false, electron: false, version: '1.1.0' });
  await save('production', { public: true, ios: false, android: true, electron: false });
  expect(await gets('android')).toBe('1.0.0');
  await save('phones', { public: true, ios: true, android: false });
  expect(await gets('ios')).toBe('1.1.0');
  expect(await gets('electron')).toBe('no_channel');
  await save('desks', { public: true, ios: false, android: false, electron: true, version: '1.2.0' });
  expect(await gets('electron')).toBe('1.2.0');
});

test('a channel that never was the default is not mistaken for one', async () => {
  await save('beta', { version: '1.1.0' });
  await manage('DELETE', '/channel', { app_id, channel: 'beta' });
  const state = await server.parts.snapshots.get(app_id);
  expect([...(state?.formerDefaults.keys() ?? [])]).toEqual([]);
});

test('a server that starts later knows', async () => {
  await save('live', { public: true, version: '1.1.0' });
  const fresh = new Snapshots(server.database);
  const { formerDefaults } = (await fresh.get(app_id)) ?? {};
  expect(new Set(formerDefaults?.get('production'))).toEqual(new Set(['ios', 'android', 'electron']));
});

test('an app can be deleted with its default channel, and leaves nothing', async () => {
  await save('live', { public: true, version: '1.1.0' });
  await manage('DELETE', `/app/${app_id}`);
  const { rows } = await server.database.query('select from former_defaults where app_id = $1', [app_id]);
  expect(rows).toEqual([]);
});
