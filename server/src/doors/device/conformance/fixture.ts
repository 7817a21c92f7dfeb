// Fixture F of the conformance cases, for one app, and changes to it: rows written straight into the database.

import { createHash } from 'node:crypto';
import type { Db } from '../../../db/database.ts';
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

interface Owner {
  app_id: string;
  owner_org: string;
}

/** Fixture F with the changes of a row, in few statements: there are hundreds of rows. */
export async function createFixture(db: Db, app_id: string, owner_org: string, delta: State = {}): Promise<void> {
  const owner = { app_id, owner_org };
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto('apps')
      .values({ ...owner, id: uuidOf(app_id), name: app_id, ...delta.app })
      .execute();
    await saveBundles(trx, owner, merged(fixture.bundles, delta.bundles));
    await saveChannels(trx, owner, merged(fixture.channels, delta.channels));
    await saveOverrides(trx, owner, delta.overrides);
  });
}

/** One transaction: a server that is asked meanwhile sees all of it or nothing. */
export async function changeState(db: Db, app_id: string, owner_org: string, delta: State): Promise<void> {
  const owner = { app_id, owner_org };
  await db.transaction().execute(async (trx) => {
    if (delta.app) await trx.updateTable('apps').set(delta.app).where('app_id', '=', app_id).execute();
    // One by one: each changes only the columns that it names.
    for (const [name, change] of Object.entries(delta.bundles ?? {})) await saveBundles(trx, owner, { [name]: change });
    for (const [name, change] of Object.entries(delta.channels ?? {}))
      await saveChannels(trx, owner, { [name]: change });
    await saveOverrides(trx, owner, delta.overrides);
  });
}

type Rows = Readonly<Record<string, Readonly<Row>>>;

function merged(rows: Rows = {}, changes: Rows = {}): Rows {
  const names = [...new Set([...Object.keys(rows), ...Object.keys(changes)])];
  return Object.fromEntries(names.map((name) => [name, { ...rows[name], ...changes[name] }]));
}

async function saveBundles(db: Db, owner: Owner, bundles: Rows): Promise<void> {
  const columns = Object.entries(bundles).map(([name, { manifest: _, ...change }]) => ({
    insert: { ...owner, name, storage_provider: 'local', object_sha256: sha256(name), ...change },
    change,
  }));
  const saved = await db
    .insertInto('bundles')
    .values(columns.map(({ insert }) => insert) as never)
    .onConflict((conflict) =>
      conflict.columns(['app_id', 'name']).doUpdateSet({ updated_at: new Date(), ...columns[0]?.change } as never),
    )
    .returning(['id', 'name'])
    .execute();
  const entries = saved.flatMap(({ id, name }) =>
    ((bundles[name]?.['manifest'] ?? []) as Row[]).map((entry) => ({
      bundle_id: id,
      app_id: owner.app_id,
      size: 1,
      ...entry,
    })),
  );
  if (entries.length > 0)
    await db
      .insertInto('manifest_entries')
      .values(entries as never)
      .execute();
}

async function saveChannels(db: Db, owner: Owner, channels: Rows): Promise<void> {
  const ids = await idsOf(db, 'bundles', owner.app_id);
  const columns = Object.entries(channels).map(([name, change]) => {
    const columnsOf = Object.entries(change).map(([column, value]) => [
      column,
      column === 'version' || column === 'rollout_version' ? (ids.get(value as string) ?? null) : value,
    ]);
    return { name, change: Object.fromEntries(columnsOf) as Row };
  });
  await db
    .insertInto('channels')
    .values(columns.map(({ name, change }) => ({ ...owner, name, allow_device_self_set: true, ...change })) as never)
    .onConflict((conflict) =>
      conflict.columns(['app_id', 'name']).doUpdateSet({ updated_at: new Date(), ...columns[0]?.change } as never),
    )
    .execute();
}

async function saveOverrides(db: Db, owner: Owner, overrides: State['overrides'] = {}): Promise<void> {
  if (Object.keys(overrides).length === 0) return;
  const ids = await idsOf(db, 'channels', owner.app_id);
  for (const [device_id, channel] of Object.entries(overrides)) {
    const { app_id } = owner;
    const before = db.deleteFrom('channel_devices').where('app_id', '=', app_id).where('device_id', '=', device_id);
    await before.execute();
    if (channel === null) continue;
    const channel_id = ids.get(channel) as number;
    await db
      .insertInto('channel_devices')
      .values({ ...owner, device_id, channel_id })
      .execute();
  }
}

async function idsOf(db: Db, table: 'bundles' | 'channels', app_id: string): Promise<Map<string, number>> {
  const rows = await db.selectFrom(table).select(['name', 'id']).where('app_id', '=', app_id).execute();
  return new Map(rows.map(({ name, id }) => [name, id]));
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

/** The same in every database: signed addresses contain it. */
const uuidOf = (app_id: string): string =>
  sha256(app_id).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
