// Events of before migration 0008, which a phone may send again after it.

import { createHash, randomUUID } from 'node:crypto';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate, migrationsFolder } from '../db/migrate.ts';
import { openEmptyDatabase, type TestDatabase } from '../testing/database.ts';
import { DAY_MS, utcDay } from '../utc-day.ts';
import { dedupeKey } from './event.ts';
import { Partitions } from './partitions.ts';

const event = { app_id: 'com.example.before', action: 'webview_javascript_error', version_name: '1.0.0' };
let database: TestDatabase;
let earlier: string;

beforeAll(async () => {
  database = await openEmptyDatabase();
  earlier = await mkdtemp(join(tmpdir(), 'overair-migrations-'));
  for (const name of await readdir(migrationsFolder)) {
    if (name < '0008') await copyFile(join(migrationsFolder, name), join(earlier, name));
  }
  await migrate(database, earlier);
}, 300_000);
afterAll(async () => {
  await database.close();
  await rm(earlier, { recursive: true, force: true });
});

const keyOfBefore = (device_id: string, ms: number): string => {
  const { app_id, action, version_name } = event;
  const text = JSON.stringify([app_id, device_id, action, version_name, ms]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
};

async function insertAsBefore(device_id: string, ms: number, metadata: object | null): Promise<void> {
  await database.query(
    `insert into stats_events (day, app_id, device_id, action, version_name, platform, plugin_version, is_prod, is_emulator,
       channel, metadata, occurred_at, received_at, dedupe_key)
     values ($1, $2, $3, $4, $5, 'ios', '8.51.14', true, false, '', $6, $7, $7, $8)`,
    [
      ...[utcDay(ms), event.app_id, device_id, event.action, event.version_name],
      ...[metadata && JSON.stringify(metadata), new Date(ms), keyOfBefore(device_id, ms)],
    ],
  );
}

async function keyNow(device_id: string): Promise<string> {
  const { rows } = await database.query('select dedupe_key from stats_events where device_id = $1', [device_id]);
  return String(rows[0]?.['dedupe_key']).replaceAll('-', '');
}

test('are known by the key that the server computes now, in the partitions that exist', async () => {
  const nowMs = Date.now();
  const oldMs = nowMs - 30 * DAY_MS;
  const partitions = new Partitions(database);
  await partitions.ensure([nowMs, nowMs - DAY_MS, oldMs].map(utcDay));
  const sent = [
    {
      ms: nowMs,
      metadata: {
        message: 'x is not "a" \\ function\n\t\u0001\u2028é😀',
        line: '7',
        href: '/a',
        Z: '',
        '10': 'a',
        '9': 'b',
      },
    },
    { ms: nowMs - DAY_MS, metadata: { a: 'b' } },
    { ms: nowMs, metadata: null },
    { ms: nowMs, metadata: {} },
  ].map((each) => ({ ...each, device_id: randomUUID() }));
  for (const { device_id, ms, metadata } of sent) await insertAsBefore(device_id, ms, metadata);
  const untouched = randomUUID();
  await insertAsBefore(untouched, oldMs, { a: 'b' });
  expect(await migrate(database)).toContain('0008-strangers.sql');
  for (const { device_id, ms, metadata } of sent) {
    const key = dedupeKey({ ...event, device_id }, ms, Object.entries(metadata ?? {}));
    expect(await keyNow(device_id), JSON.stringify(metadata)).toBe(key);
  }
  expect(await keyNow(untouched)).toBe(keyOfBefore(untouched, oldMs));
}, 300_000);
