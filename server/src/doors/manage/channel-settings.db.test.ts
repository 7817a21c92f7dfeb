// Every setting of a channel, by its descriptor: default, names, values at the bounds and beyond, null; a new one is tested from
// the day it is listed.

import { channelSettings } from '@overair/protocol/manage/channel-settings';
import type { Setting } from '@overair/protocol/manage/setting';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { APP, buildFixture, keyValue, type Names } from './testing/fixture.ts';
import { badValues, describeSettings, goodValues } from './testing/setting-values.ts';

let server: TestServer;
let names: Names;

beforeAll(async () => {
  server = await startTestServer();
  names = await buildFixture(server.database.db);
});
afterAll(() => server.close());

const headers = { authorization: keyValue('ALL') };

async function save(channel: string, settings: object) {
  const payload = JSON.stringify({ app_id: APP, channel, ...settings });
  const answer = await server.app.inject({ method: 'POST', url: '/channel', headers, payload });
  return { status: answer.statusCode, body: answer.json() };
}

async function read(channel: string): Promise<Record<string, unknown>> {
  return (await server.app.inject({ url: `/channel?app_id=${APP}&channel=${channel}`, headers })).json();
}

const settings = describeSettings(channelSettings);
/** Lifting `needs_approval` takes a second person. */
const good = (setting: Setting) =>
  setting === channelSettings.needs_approval ? [true] : goodValues(setting, Number(names['ID_WRITE']));

test('a new channel has the defaults of the descriptors', async () => {
  expect(await save('defaults', {})).toEqual({ status: 200, body: { status: 'ok' } });
  const defaults = Object.fromEntries(settings.map(({ name, setting }) => [name, setting.default]));
  expect(await read('defaults')).toMatchObject(defaults);
});

describe.each(settings)('$name', ({ name, alias, setting, column }) => {
  test('is stored and shown, under both of its names', async () => {
    for (const value of good(setting)) {
      expect(await save(column, { [name]: value })).toEqual({ status: 200, body: { status: 'ok' } });
      expect(await read(column)).toMatchObject({ [name]: value });
      await save(column, { [alias]: good(setting)[0] });
      expect(await read(column)).toMatchObject({ [name]: good(setting)[0] });
    }
  });

  test('null is stored where there is null, and means "not given" elsewhere', async () => {
    await save(column, { [name]: good(setting)[0] });
    expect((await save(column, { [name]: null })).status).toBe(200);
    const after = setting.default === null ? null : good(setting)[0];
    // A list of keys has no null, and null empties it.
    expect(await read(column)).toMatchObject({ [name]: setting.type === 'ids' ? [] : after });
  });

  test('what it cannot be is refused by its code, and changes nothing', async () => {
    const before = await read(column);
    for (const value of badValues(setting)) {
      const answer = await save(column, { [name]: value });
      expect([value, answer]).toMatchObject([
        value,
        { status: 400, body: { error: setting.invalid?.code ?? 'invalid_body' } },
      ]);
      expect(JSON.stringify(answer.body)).toContain(setting.invalid?.message ?? name);
    }
    expect(await read(column)).toEqual(before);
  });

  test('is described in openapi.json', async () => {
    const { paths } = (await server.app.inject('/openapi.json')).json();
    const { properties } = paths['/channel'].post.requestBody.content['application/json'].schema;
    expect(properties[name].description).toContain(setting.about);
  });
});

test.each(settings.filter(({ setting }) => setting.decides))(
  '$name is known to /updates as soon as it is saved',
  async ({ name, setting, column }) => {
    for (const value of good(setting)) {
      await save(column, { [name]: value });
      const { channels = [] } = (await server.parts.snapshots.get(APP)) ?? {};
      // Fails for a column that the trigger `announce_update` of the migrations does not name.
      expect(channels.find((channel) => channel.name === column)).toMatchObject({ [column]: value });
    }
  },
);

test('an older name of a value is stored as the newer one', async () => {
  await save('beta', { disable_auto_update: 'metadata' });
  expect(await read('beta')).toMatchObject({ disableAutoUpdate: 'version_number' });
});
