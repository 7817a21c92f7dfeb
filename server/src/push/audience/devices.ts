// The registry of phones and browsers that can be reached: their proof, tags, alias, and leaving.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { PushPlatform } from '../../db/tables/push.ts';
import type { Vault } from '../../secrets.ts';
import { refuse } from '../refusals.ts';

const MAX_DEVICE_TAGS = 100;

export const secretPurpose = (app_id: string): string => `push-device-secret:${app_id}`;

/** The HMAC key of a device's reports, with its row; undefined when there is none. */
export async function findDeviceSecret(db: Db, vault: Vault, app_id: string, registration_id: string) {
  const row = await db
    .selectFrom('push_devices')
    .select(['id', 'registration_id', 'secret_sealed'])
    .where('app_id', '=', app_id)
    .where('registration_id', '=', registration_id)
    .executeTakeFirst();
  if (!row?.secret_sealed) return undefined;
  const device_secret = vault.open(row.secret_sealed, secretPurpose(app_id));
  return { id: row.id, registration_id: row.registration_id, device_secret };
}

/** Counts a device among the active of today. */
export async function noteActive(db: Db, app_id: string, device: number): Promise<void> {
  const day = new Date().toISOString().slice(0, 10);
  await db
    .insertInto('push_device_days')
    .values({ app_id, day, device })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Throws `unknown_device` for an id that is not this app's. */
export async function getDevice(db: Db, app_id: string, registration_id: string) {
  const row = await db
    .selectFrom('push_devices')
    .select(['id', 'registration_id', 'platform', 'alias', 'active', 'last_seen_at'])
    .where('app_id', '=', app_id)
    .where('registration_id', '=', registration_id)
    .executeTakeFirst();
  if (!row) throw refuse('unknown_device', registration_id.slice(0, 40));
  return row;
}

export async function listDeviceTags(db: Db, app_id: string, device: number): Promise<string[]> {
  const rows = await db
    .selectFrom('push_device_tags')
    .select('tag')
    .where('app_id', '=', app_id)
    .where('device', '=', device)
    .orderBy('tag')
    .execute();
  return rows.map((row) => row.tag);
}

export interface DeviceChange {
  /** `clear` comes before `remove`, `remove` before `add`. */
  readonly clearTags: boolean;
  readonly removeTags: readonly string[];
  readonly addTags: readonly string[];
  /** '' removes the alias, undefined leaves it. */
  readonly alias: string | undefined;
}

/** All or nothing: with more than 100 tags afterwards nothing has changed. */
export async function changeDevice(
  db: Db,
  app_id: string,
  registration_id: string,
  change: DeviceChange,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { id } = await getDevice(trx, app_id, registration_id);
    await changeTags(trx, app_id, id, change);
    if (change.alias !== undefined) await setAlias(trx, app_id, id, change.alias);
  });
}

async function changeTags(trx: Db, app_id: string, device: number, change: DeviceChange): Promise<void> {
  const { clearTags, removeTags, addTags } = change;
  if (clearTags || removeTags.length > 0) {
    await trx
      .deleteFrom('push_device_tags')
      .where('app_id', '=', app_id)
      .where('device', '=', device)
      .$if(!clearTags, (query) => query.where('tag', 'in', removeTags))
      .execute();
  }
  if (addTags.length === 0) return;
  await trx
    .insertInto('push_device_tags')
    .values(addTags.map((tag) => ({ app_id, tag, device })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const { tags } = await trx
    .selectFrom('push_device_tags')
    .select((eb) => eb.fn.countAll<number>().as('tags'))
    .where('app_id', '=', app_id)
    .where('device', '=', device)
    .executeTakeFirstOrThrow();
  if (tags > MAX_DEVICE_TAGS) throw refuse('field_invalid', `tags: a device holds at most ${MAX_DEVICE_TAGS}`);
}

/** One device per alias: the older holder loses it. */
async function setAlias(trx: Db, app_id: string, device: number, alias: string): Promise<void> {
  if (alias !== '') await clearAlias(trx, app_id, alias);
  await trx
    .updateTable('push_devices')
    .set({ alias: alias === '' ? null : alias })
    .where('app_id', '=', app_id)
    .where('id', '=', device)
    .execute();
}

export async function clearAlias(db: Db, app_id: string, alias: string, platforms?: readonly PushPlatform[]) {
  await db
    .updateTable('push_devices')
    .set({ alias: null })
    .where('app_id', '=', app_id)
    .where('alias', '=', alias)
    .$if(platforms !== undefined, (query) => query.where('platform', 'in', platforms ?? []))
    .execute();
}

/** Not reversible: the device can only come back as a new one. False when there is none. */
export async function deleteDevice(db: Db, app_id: string, registration_id: string): Promise<boolean> {
  const gone = await db
    .deleteFrom('push_devices')
    .where('app_id', '=', app_id)
    .where('registration_id', '=', registration_id)
    .executeTakeFirst();
  return gone.numDeletedRows > 0n;
}

/** How recently a device was seen; unknown ids have no row. */
export async function listSeen(db: Db, app_id: string, ids: readonly string[]) {
  return db
    .selectFrom('push_devices')
    .select(['registration_id', 'last_seen_at'])
    .select(sql<boolean>`active and last_seen_at > now() - interval '10 minutes'`.as('online'))
    .where('app_id', '=', app_id)
    .where('registration_id', 'in', ['', ...ids])
    .execute();
}
