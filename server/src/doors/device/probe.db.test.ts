// `overair probe` asks what a phone would ask. It is no phone: its questions leave no trace.

import { PROBE_DEVICE_ID } from '@overair/protocol/device/probe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { createFixture, readStored } from './conformance/fixture.ts';
import { ask, device_id } from './conformance/row.ts';

const app_id = 'com.demo.probe';
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await createFixture(server.database.db, app_id, server.orgId);
});
afterAll(() => server.close());

async function update(change: object) {
  const payload = ask({ app_id, version_name: '0.9.0', ...change });
  return (await server.ask({ method: 'POST', url: '/updates', payload })).json();
}

async function readTraces(of: string) {
  await Promise.all([server.parts.sightings.flush(), server.parts.served.flush()]);
  await server.parts.recorder.drain();
  const { device, events, counters } = await readStored(server.database.db, app_id, of);
  return { device, events, counters };
}

test('a probe hears what phones hear, and neither it nor its answers are counted', async () => {
  const probe = { device_id: PROBE_DEVICE_ID };
  expect(await update(probe)).toMatchObject({ version: '1.0.0' });
  expect(await update({ ...probe, version_name: '1.0.0' })).toHaveProperty('error');
  expect(await readTraces(PROBE_DEVICE_ID)).toEqual({ device: null, events: [], counters: {} });
  expect(await update({})).toMatchObject({ version: '1.0.0' });
  expect(await readTraces(device_id)).toMatchObject({ device: { platform: 'android' }, events: [{ action: 'get' }] });
});
