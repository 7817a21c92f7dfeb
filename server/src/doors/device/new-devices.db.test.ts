// Whoever knows an app's id can invent devices: how far that goes, and what an owner sees of it.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { DAY_MS, utcDay } from '../../utc-day.ts';
import { createFixture } from './conformance/fixture.ts';
import { event } from './conformance/row.ts';

const app_id = 'com.demo.invented';
const perHour = 20;
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ newDevicesPerHour: perHour, trustProxy: 'loopback' });
  await createFixture(server.database.db, app_id, server.orgId);
});
afterAll(() => server.close());

let devices = 0;
const newId = () => `${(devices++).toString(16).padStart(8, '0')}-fa4e-4000-8000-000000000000`;

const send = async (url: string, remoteAddress: string, device_id = newId()) => {
  const payload = JSON.stringify(event({ app_id, version_name: '0.9.0', device_id, action: 'app_launch_start' }));
  const headers = { 'x-forwarded-for': remoteAddress };
  return (await server.ask({ method: 'POST', url, headers, payload })).json();
};

async function read(path: string) {
  await server.parts.sightings.flush();
  await server.parts.served.flush();
  await server.parts.recorder.drain();
  const answer = await server.app.inject({ url: path, headers: { authorization: server.adminKey } });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
}

test('a network that invents them is answered, and counted to a bound; others are not touched', async () => {
  const today = utcDay(Date.now());
  const tomorrow = utcDay(Date.now() + DAY_MS);
  const mau = async () => (await read(`/statistics/app/${app_id}?from=${today}&to=${tomorrow}`))[0].mau;
  for (let n = 0; n < 3 * perHour; n++) {
    const url = n % 2 === 0 ? '/updates' : '/stats';
    const answer = await send(url, `198.51.100.${n}`);
    expect(answer).toMatchObject(url === '/stats' ? { status: 'ok' } : { version: '1.0.0' });
  }
  expect(await mau()).toBe(perHour);
  expect((await read(`/device?app_id=${app_id}&limit=1000`)).data).toHaveLength(perHour);
  for (let n = 0; n < 5; n++) await send('/updates', '203.0.113.9');
  expect(await mau()).toBe(perHour + 5);
  expect(await read(`/statistics/app/${app_id}/held_back?from=${today}&to=${today}`)).toEqual({
    data: [{ date: today, store_network: 0, new_device: 2 * perHour, not_offered: 0 }],
    new_devices_per_hour: perHour,
  });
  const { body } = await server.app.inject('/metrics');
  expect(body).toContain(`overair_held_back_total{reason="new_device"} ${2 * perHour}`);
});

test('what a device reports is kept all the same: an acknowledged event is never lost', async () => {
  const device_id = newId();
  expect(await send('/stats', '198.51.100.1', device_id)).toEqual({ status: 'ok' });
  const { data } = await read(`/device/log?app_id=${app_id}&device_id=${device_id}`);
  expect(data).toMatchObject([{ action: 'app_launch_start' }]);
});
