// The registry of devices, written behind: what is written, what is not, and what a bad row may not do.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { localRateLimits } from '../rate-limit.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { findLastOffer } from './registry.ts';
import type { Sighting } from './sighting.ts';
import { OFFER_GRAIN_MS, Sightings } from './sightings.ts';

const app_id = 'com.example.sightings';
const morningMs = Date.parse('2026-11-20T08:00:00Z');
let server: TestServer;
let sightings: Sightings;
let errors: unknown[];
let heldBack: string[];
let warnings: string[];
let devices = 0;

beforeAll(async () => {
  server = await startTestServer();
  await server.database.db.insertInto('apps').values({ app_id, owner_org: server.orgId, name: 'Devices' }).execute();
});
afterAll(() => server.close());
beforeEach(() => {
  errors = [];
  heldBack = [];
  warnings = [];
  sightings = newSightings();
});

const newSightings = (newDevicesPerHour = 0) =>
  new Sightings(server.database, {
    limits: localRateLimits,
    onError: (error) => errors.push(error),
    newDevicesPerHour,
    onHeldBack: (app) => heldBack.push(app),
    onCapReached: (_app, network) => warnings.push(network),
  });

const newDevice = (): string => `${(devices++).toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;

function aSighting(change: Partial<Sighting> = {}): Sighting {
  return {
    app_id,
    device_id: '00000000-0000-4000-8000-ffffffffffff',
    platform: 'android',
    plugin_version: '8.51.14',
    os_version: '16',
    version_build: '1.0.0',
    version_code: '1',
    version_name: '1.0.0',
    custom_id: '',
    is_prod: true,
    is_emulator: false,
    default_channel: null,
    key_id: null,
    install_source: '',
    offered_version: null,
    seenMs: morningMs,
    ip: '192.0.2.7',
    ...change,
  };
}

const rowOf = (device_id: string) =>
  server.database.db
    .selectFrom('devices')
    .selectAll()
    .where('app_id', '=', app_id)
    .where('device_id', '=', device_id)
    .executeTakeFirst();

describe('what is worth a write', () => {
  test('a device that did not change causes none', async () => {
    const device_id = newDevice();
    expect(sightings.note(aSighting({ device_id }))).toBe(true);
    await sightings.flush();
    expect(sightings.note(aSighting({ device_id, seenMs: morningMs + 1_800_000 }))).toBe(false);
    expect(sightings.pendingDevices).toBe(0);
  });

  test('every fact, the outcome and the day do', async () => {
    const device_id = newDevice();
    const changes: Partial<Sighting>[] = [
      { platform: 'ios' },
      { plugin_version: '8.51.15' },
      { os_version: '17' },
      { version_build: '1.0.1' },
      { version_code: '2' },
      { version_name: '1.0.1' },
      { custom_id: 'x' },
      { is_prod: false },
      { is_emulator: true },
      { default_channel: 'beta' },
      { key_id: 'MIIB' },
      { install_source: 'testflight' },
      { offered_version: '1.0.2' },
      { seenMs: morningMs + 86_400_000 },
    ];
    for (const change of changes) {
      sightings.note(aSighting({ device_id }), 'noNew');
      expect(sightings.note(aSighting({ device_id, ...change }), 'noNew'), JSON.stringify(change)).toBe(true);
    }
    expect(sightings.note(aSighting({ device_id }), 'noNew')).toBe(true);
    expect(sightings.note(aSighting({ device_id }), 'disableDevice')).toBe(true);
  });

  test('an offer that is repeated later is known to be as late', async () => {
    const device_id = newDevice();
    const offer = { device_id, offered_version: '1.0.1', version_name: '1.0.1' };
    const laterMs = morningMs + 4 * OFFER_GRAIN_MS;
    for (const seenMs of [morningMs, laterMs]) {
      sightings.note(aSighting({ ...offer, seenMs }));
      await sightings.flush();
    }
    expect(await findLastOffer(server.database.db, app_id, device_id, laterMs - OFFER_GRAIN_MS)).toBe('1.0.1');
    expect(await findLastOffer(server.database.db, app_id, device_id, laterMs + 1)).toBeUndefined();
  });
});

describe('what is written', () => {
  test('blank texts and absent versions keep what is known; the default channel does not', async () => {
    const device_id = newDevice();
    const known = { custom_id: 'me', install_source: 'testflight', default_channel: 'beta', key_id: 'MIIB' };
    sightings.note(aSighting({ device_id, ...known }));
    await sightings.flush();
    sightings.note(aSighting({ device_id, version_name: null, version_code: null, os_version: null }));
    await sightings.flush();
    expect(await rowOf(device_id)).toMatchObject({
      custom_id: 'me',
      install_source: 'testflight',
      default_channel: null,
      version_name: '1.0.0',
      version_code: '1',
      os_version: '16',
    });
  });

  test('two notes before a write become one row that has both', async () => {
    const device_id = newDevice();
    sightings.note(aSighting({ device_id, custom_id: 'me', offered_version: '1.0.1' }));
    sightings.note(aSighting({ device_id, version_name: null, os_version: '17' }));
    expect(sightings.pendingOffer(app_id, device_id)).toBe('1.0.1');
    await sightings.flush();
    expect(await rowOf(device_id)).toMatchObject({ custom_id: 'me', os_version: '17', offered_version: '1.0.1' });
  });

  test('the days and the month on which a device was seen, once each', async () => {
    const device_id = newDevice();
    for (const hours of [0, 1, 24, 25]) {
      sightings.note(aSighting({ device_id, seenMs: morningMs + hours * 3_600_000, os_version: String(hours) }));
      await sightings.flush();
    }
    const { db } = server.database;
    const days = await db.selectFrom('device_days').select('day').where('device_id', '=', device_id).execute();
    const months = await db.selectFrom('device_months').selectAll().where('device_id', '=', device_id).execute();
    expect(days.map(({ day }) => day).sort()).toEqual(['2026-11-20', '2026-11-21']);
    expect(months).toMatchObject([{ month: '2026-11-01', first_day: '2026-11-20' }]);
  });

  test('devices of an app that is gone leave nothing, and do not disturb the others', async () => {
    const [gone, here] = [newDevice(), newDevice()];
    sightings.note(aSighting({ app_id: 'com.example.gone', device_id: gone }));
    sightings.note(aSighting({ device_id: here }));
    await sightings.flush();
    expect(errors).toEqual([]);
    expect(await rowOf(gone)).toBeUndefined();
    expect(await rowOf(here)).toBeDefined();
  });

  test('a device that the database refuses takes nobody else with it', async () => {
    const ids = Array.from({ length: 40 }, newDevice);
    const tooLong = Array.from({ length: 400 }, () => randomUUID()).join('');
    for (const [n, device_id] of ids.entries()) {
      sightings.note(aSighting({ device_id, running_version: n === 17 ? tooLong : '1.0.0' }));
    }
    await sightings.flush();
    const rows = await Promise.all(ids.map(rowOf));
    expect(rows.map((row) => row !== undefined)).toEqual(ids.map((_, n) => n !== 17));
    expect(errors).toMatchObject([{ code: '54000' }]);
  });

  test('more devices than one statement takes', async () => {
    const ids = Array.from({ length: 2_500 }, newDevice);
    for (const device_id of ids) sightings.note(aSighting({ device_id, install_source: 'many' }));
    await sightings.flush();
    const { count } = await server.database.db
      .selectFrom('devices')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('install_source', '=', 'many')
      .executeTakeFirstOrThrow();
    expect(Number(count)).toBe(ids.length);
  });

  test('two processes note the same devices at once', async () => {
    const ids = Array.from({ length: 300 }, newDevice);
    const other = newSightings();
    for (const device_id of ids) sightings.note(aSighting({ device_id }));
    for (const device_id of ids.toReversed()) other.note(aSighting({ device_id, os_version: '17' }));
    await Promise.all([sightings.flush(), other.flush()]);
    expect(errors).toEqual([]);
    expect(await rowOf(ids[0] as string)).toBeDefined();
  });

  test('a report between two equal answers changes nothing', () => {
    const device_id = newDevice();
    const known = aSighting({ device_id, version_name: '1.0.0' });
    expect(sightings.note(known, 'noNew 1.0.0')).toBe(true);
    for (let round = 0; round < 3; round++) {
      expect(sightings.note(known)).toBe(false);
      expect(sightings.note(known, 'noNew 1.0.0')).toBe(false);
    }
  });
});

describe('new devices of one network', () => {
  const hourMs = 3_600_000;
  const seen = async (ids: readonly string[], change: Partial<Sighting> = {}) => {
    for (const device_id of ids) sightings.note(aSighting({ device_id, ...change }), 'noNew');
    await sightings.flush();
    const rows = await Promise.all(ids.map(rowOf));
    return rows.filter((row) => row !== undefined).length;
  };

  test('are noted up to a number in an hour, and the rest in the next', async () => {
    sightings = newSightings(10);
    const ids = Array.from({ length: 25 }, newDevice);
    expect(await seen(ids)).toBe(10);
    expect(heldBack).toEqual(Array(15).fill(app_id));
    expect(await seen(ids, { os_version: '17' }), 'the same hour').toBe(10);
    expect(heldBack, 'each is counted once an hour').toHaveLength(15);
    expect(warnings, 'and told of once').toEqual(['192.0.2']);
    expect(await seen(ids, { seenMs: morningMs + hourMs })).toBe(20);
    expect(await seen(ids, { seenMs: morningMs + 2 * hourMs })).toBe(25);
  });

  test('do not keep out those of another network, nor devices that were known', async () => {
    sightings = newSightings(10);
    const ids = Array.from({ length: 10 }, newDevice);
    expect(await seen(ids)).toBe(10);
    expect(await seen([newDevice()], { ip: '198.51.100.7' })).toBe(1);
    sightings = newSightings(10);
    const strangers = Array.from({ length: 12 }, newDevice);
    expect(await seen(strangers), 'after a restart').toBe(10);
    expect(await seen(ids, { os_version: '18' })).toBe(10);
    expect(await rowOf(ids[0] as string)).toMatchObject({ os_version: '18' });
    expect(heldBack).toHaveLength(2);
  });

  test('beyond the number leave no line in a log and no day, month or build to count', async () => {
    sightings = newSightings(1);
    const [first, second] = [newDevice(), newDevice()];
    expect(sightings.note(aSighting({ device_id: first }), 'noNew')).toBe(true);
    await sightings.flush();
    expect(sightings.note(aSighting({ device_id: second }), 'noNew')).toBe(false);
    await sightings.flush();
    expect(sightings.note(aSighting({ device_id: second }), 'noNew')).toBe(false);
    expect(sightings.pendingDevices).toBe(0);
    const { db } = server.database;
    expect(await db.selectFrom('device_days').where('device_id', '=', second).select('day').execute()).toEqual([]);
    expect(await db.selectFrom('device_months').where('device_id', '=', second).select('month').execute()).toEqual([]);
  });
});

describe('the last activity', () => {
  const dayMs = 86_400_000;

  test('is known to a grain of days, also of a device that never changes, whose last change stays what it is', async () => {
    const device_id = newDevice();
    const seenAfter = async (days: number) => {
      sightings.note(aSighting({ device_id, seenMs: morningMs + days * dayMs }));
      await sightings.flush();
      const { seen_at, updated_at } = (await rowOf(device_id))!;
      expect(updated_at).toEqual(new Date(morningMs));
      return (seen_at.getTime() - morningMs) / dayMs;
    };
    expect([await seenAfter(0), await seenAfter(3), await seenAfter(8), await seenAfter(9)]).toEqual([0, 0, 8, 8]);
  });
});
