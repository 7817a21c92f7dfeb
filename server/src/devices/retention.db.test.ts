// Who was not heard of for long is forgotten; what was counted stays counted.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { DAY_MS } from '../utc-day.ts';
import { purgeDevices } from './retention.ts';
import { writeSightings } from './write-sightings.ts';

const now = new Date('2026-11-20T01:20:00Z');
let app_id: string;
let apps = 0;
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  app_id = `com.example.purged${apps++}`;
  await server.database.db.insertInto('apps').values({ app_id, owner_org: server.orgId, name: app_id }).execute();
});

const ago = (days: number) => now.getTime() - days * DAY_MS;

async function sighted(seenMs: number, count = 1): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID() as string);
  const facts = {
    platform: 'ios',
    plugin_version: '8.51.14',
    os_version: '18',
    version_build: '1.0.0',
    version_code: '1',
  };
  const rest = {
    is_prod: true,
    is_emulator: false,
    default_channel: null,
    key_id: null,
    install_source: '',
    ip: '::1',
  };
  const row = { app_id, ...facts, ...rest, version_name: '1.0.0', custom_id: '', offered_version: null, seenMs };
  await writeSightings(
    server.database,
    ids.map((device_id) => ({ ...row, device_id })),
  );
  return ids;
}

const failed = (device_id: string, last_failed_at: Date) =>
  server.database.db
    .insertInto('device_failures')
    .values({ app_id, device_id, version_name: '1.0.0', version_build: '1.0.0', failures: 2, last_failed_at })
    .execute();

async function rowsOf(table: string): Promise<number> {
  const { rows } = await server.database.query(`select count(*)::int as n from ${table} where app_id = $1`, [app_id]);
  return rows[0]?.['n'] as number;
}
const mau = async () => {
  const { rows } = await server.database.query('select sum(devices)::int as n from mau_daily where app_id = $1', [
    app_id,
  ]);
  return rows[0]?.['n'];
};
const purge = (deviceRetentionDays = 90, signal?: AbortSignal) =>
  purgeDevices({ database: server.database, log: server.parts.log, config: { deviceRetentionDays } }, now, signal);

test('devices go after their days without activity, with their failures; MAU stays', async () => {
  const [idle] = (await sighted(ago(98))) as [string];
  const [active] = (await sighted(ago(89))) as [string];
  await failed(idle, now);
  await failed(active, new Date(ago(200)));
  const counted = await mau();
  await purge();
  expect(await rowsOf('devices')).toBe(1);
  expect(await rowsOf('device_failures')).toBe(1);
  expect(await mau()).toBe(counted);
  await purge(30);
  expect([await rowsOf('devices'), await rowsOf('device_failures')]).toEqual([0, 0]);
  expect(await mau()).toBe(counted);
});

test('failures of devices that were never noted go by their own time', async () => {
  await failed(randomUUID(), new Date(ago(98)));
  await failed(randomUUID(), new Date(ago(10)));
  await purge();
  expect(await rowsOf('device_failures')).toBe(1);
});

test('what keeps a device from counting twice is kept for its month, and no longer', async () => {
  const [device] = (await sighted(ago(80))) as [string];
  await sighted(ago(30));
  await sighted(ago(10));
  await sighted(ago(1));
  await purge();
  const { db } = server.database;
  const days = await db.selectFrom('device_days').select('day').where('app_id', '=', app_id).execute();
  const months = await db.selectFrom('device_months').select('month').where('app_id', '=', app_id).execute();
  expect(days).toEqual([{ day: '2026-11-19' }]);
  expect(months.map(({ month }) => month).sort()).toEqual(['2026-10-01', '2026-11-01', '2026-11-01']);
  expect(await db.selectFrom('devices').select('device_id').where('device_id', '=', device).execute()).toHaveLength(1);
});

test('more than a batch goes in one night, and what is cut short goes on the next', async () => {
  await sighted(ago(120), 1_200);
  await expect(purge(90, AbortSignal.abort())).rejects.toThrow();
  expect(await rowsOf('devices')).toBe(1_200);
  await purge();
  expect(await rowsOf('devices')).toBe(0);
});

test('0 keeps them', async () => {
  await sighted(ago(4_000));
  await purge(0);
  expect(await rowsOf('devices')).toBe(1);
});
