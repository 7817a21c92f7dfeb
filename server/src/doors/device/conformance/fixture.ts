// Fixture F of the conformance cases, for one app, and changes to it: rows written straight into the database.

import { createHash } from 'node:crypto';
import type { Db } from '../../../db/open.ts';
import type { State, Stored } from './row.ts';

type Row = Record<string, unknown>;

const bundleNames = ['1.0.0', '1.0.1', '1.359.0', '1.360.0', '1.361.0'];

const fixture: State = {
  bundles: Object.fromEntries(
    bundleNames.map((name) => [name, { checksum: name === '1.0.0' ? '3885ee49' : sha256(name) }]),
  ),
  channels: {
    production: { public: true, ios: false, version: '1.0.0' },
    beta: { version: '1.361.0' },
    development: { public: true, android: false, electron: false, version: '1.359.0' },
    no_access: { ios: false, android: false, electron: false, version: '1.361.0' },
    electron_only: { ios: false, android: false, version: '1.360.0' },
  },
};

export async function createFixture(db: Db, app_id: string, owner_org: string, delta: State = {}): Promise<void> {
  await db.insertInto('apps').values({ app_id, owner_org, name: app_id }).execute();
  await changeState(db, app_id, owner_org, fixture);
  await changeState(db, app_id, owner_org, delta);
}

/** One transaction: a server that is asked meanwhile sees all of it or nothing. */
export async function changeState(db: Db, app_id: string, owner_org: string, delta: State): Promise<void> {
  await db.transaction().execute(async (trx) => {
    if (delta.app) await trx.updateTable('apps').set(delta.app).where('app_id', '=', app_id).execute();
    for (const [name, change] of Object.entries(delta.bundles ?? {})) {
      await saveBundle(trx, { app_id, owner_org, name }, change);
    }
    for (const [name, change] of Object.entries(delta.channels ?? {})) {
      await saveChannel(trx, { app_id, owner_org, name }, change);
    }
    for (const [device_id, channel] of Object.entries(delta.overrides ?? {})) {
      await saveOverride(trx, { app_id, owner_org, device_id }, channel);
    }
  });
}

interface Named {
  app_id: string;
  owner_org: string;
  name: string;
}

async function saveBundle(db: Db, named: Named, { manifest, ...change }: Row): Promise<void> {
  const fresh = { ...named, storage_provider: 'local', object_sha256: sha256(named.name), ...change };
  const { id } = await db
    .insertInto('bundles')
    .values(fresh as never)
    .onConflict((conflict) =>
      conflict.columns(['app_id', 'name']).doUpdateSet({ updated_at: new Date(), ...change } as never),
    )
    .returning('id')
    .executeTakeFirstOrThrow();
  for (const entry of (manifest ?? []) as Row[]) {
    const { app_id } = named;
    await db
      .insertInto('manifest_entries')
      .values({ bundle_id: id, app_id, size: 1, ...entry } as never)
      .execute();
  }
}

async function saveChannel(db: Db, named: Named, change: Row): Promise<void> {
  const columns: Row = { ...change };
  for (const column of ['version', 'rollout_version']) {
    const name = columns[column];
    if (typeof name === 'string') columns[column] = await idOf(db, 'bundles', named.app_id, name);
  }
  await db
    .insertInto('channels')
    .values({ ...named, allow_device_self_set: true, ...columns } as never)
    .onConflict((conflict) =>
      conflict.columns(['app_id', 'name']).doUpdateSet({ updated_at: new Date(), ...columns } as never),
    )
    .execute();
}

async function saveOverride(db: Db, device: Omit<Named, 'name'> & { device_id: string }, channel: string | null) {
  await db
    .deleteFrom('channel_devices')
    .where('app_id', '=', device.app_id)
    .where('device_id', '=', device.device_id)
    .execute();
  if (channel === null) return;
  const channel_id = await idOf(db, 'channels', device.app_id, channel);
  await db
    .insertInto('channel_devices')
    .values({ ...device, channel_id })
    .execute();
}

async function idOf(db: Db, table: 'bundles' | 'channels', app_id: string, name: string): Promise<number> {
  const row = await db
    .selectFrom(table)
    .select('id')
    .where('app_id', '=', app_id)
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  return row.id;
}

/** What was recorded of one device, in the shape that rows expect it. */
export async function readStored(db: Db, app_id: string, device_id: string): Promise<Required<Stored>> {
  const ofApp = { app_id };
  const device = await db
    .selectFrom('devices')
    .selectAll()
    .where('app_id', '=', app_id)
    .where('device_id', '=', device_id)
    .executeTakeFirst();
  const events = await db.selectFrom('stats_events').selectAll().where('app_id', '=', ofApp.app_id).execute();
  const daily = await db.selectFrom('stats_daily').selectAll().where('app_id', '=', app_id).execute();
  const override = await db
    .selectFrom('channel_devices')
    .innerJoin('channels', 'channels.id', 'channel_id')
    .select('channels.name')
    .where('channel_devices.app_id', '=', app_id)
    .where('device_id', '=', device_id)
    .executeTakeFirst();
  const bundles = await db.selectFrom('bundles').select('name').where('app_id', '=', app_id).execute();
  return {
    device: (device as Row | undefined) ?? null,
    events,
    counters: Object.fromEntries(
      daily
        .filter(({ action }) => action.startsWith('+'))
        .map(({ action, version_name, channel, count }) => [`${action} ${version_name} ${channel}`, count]),
    ),
    override: override?.name ?? null,
    bundles: bundles.map(({ name }) => name),
  };
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
