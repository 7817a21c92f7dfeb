// Long texts of strangers: whatever a field holds, the device and what it reports are noted, and so is everybody in its batch.

import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { createFixture } from './conformance/fixture.ts';
import { event } from './conformance/row.ts';

const app_id = 'com.demo.long';
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ newDevicesPerHour: 0 });
  await createFixture(server.database.db, app_id, server.orgId);
});
afterAll(() => server.close());

/** Three bytes each in UTF-8, and no compression makes them fewer: an index takes 2,704 bytes. */
const ideographs = (length: number): string => {
  let units = '';
  for (let n = 0; units.length < length; n++) {
    for (const byte of createHash('sha512').update(`${n}`).digest())
      units += String.fromCharCode(0x4e00 + byte * 64 + n);
  }
  return units.slice(0, length);
};
const long = ideographs(6_000);

const fields = [
  ...['version_name', 'old_version_name', 'version_os', 'version_code', 'version_build', 'platform', 'plugin_version'],
  ...['custom_id', 'defaultChannel', 'install_source', 'key_id', 'channel'],
];
const actions = ['set', 'app_launch_ready', 'download_complete', 'finish_download_fail', 'update_fail', 'app_crash'];
const requests = [
  { path: '/updates', action: undefined },
  { path: '/channel_self', action: undefined },
  ...actions.map((action) => ({ path: '/stats', action })),
];
const rows = requests.flatMap(({ path, action }) => fields.map((field) => ({ path, action, field })));

const count = async (table: 'devices' | 'stats_events', device_id: string) =>
  (await server.database.query(`select 1 from ${table} where device_id = $1`, [device_id])).rows.length;

test.each(rows)('$path $action with a long $field', async ({ path, action, field }) => {
  const [device_id, other] = [randomUUID(), randomUUID()];
  const send = async (change: Record<string, unknown>) =>
    server.ask({ method: 'POST', url: path, payload: JSON.stringify(event({ app_id, action, ...change })) });
  const [{ statusCode }] = [await send({ device_id, [field]: long }), await send({ device_id: other })];
  await server.parts.sightings.flush();
  await server.parts.served.flush();
  await server.parts.recorder.drain();
  // Refused before anything is noted, or noted whole.
  expect([200, 400]).toContain(statusCode);
  const isNoted = statusCode === 200 && path !== '/channel_self' && !action?.endsWith('_fail');
  if (isNoted) expect(await count('devices', device_id)).toBe(1);
  if (statusCode === 200 && path === '/stats') expect(await count('stats_events', device_id)).toBe(1);
  if (path === '/updates') expect(await count('devices', other)).toBe(1);
});
