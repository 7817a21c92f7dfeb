// Tags and aliases as callers manage them: by device, by tag, by alias.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { PushPlatform } from '../../db/tables/push.ts';
import { bytesOf } from '../fields.ts';
import { refuse } from '../refusals.ts';

export const LABEL_BYTES = 40;
const MAX_LISTED_TAGS = 100;
const MAX_LISTED_IDS = 10;
const TAG_QUOTA = 100_000;

/** A comma would break the lists in queries. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const FORBIDDEN = /[\u0000-\u001f\u007f,]/;

export function checkLabel(name: string, path: string): string {
  if (bytesOf(name) > LABEL_BYTES) throw refuse('field_invalid', `${path} is longer than ${LABEL_BYTES} bytes`);
  if (FORBIDDEN.test(name)) throw refuse('field_invalid', `${path} holds a comma or a control character`);
  return name;
}

export interface TagChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** Throws `unknown_device`, with nothing changed, when an id is not this app's. */
export async function changeTag(db: Db, app_id: string, tag: string, change: TagChange): Promise<void> {
  checkLabel(tag, 'tag');
  await db.transaction().execute(async (trx) => {
    const ids = [...new Set([...change.add, ...change.remove])];
    const devices = await trx
      .selectFrom('push_devices')
      .select(['id', 'registration_id'])
      .where('app_id', '=', app_id)
      .where('registration_id', 'in', ['', ...ids])
      .execute();
    if (devices.length < ids.length) throw refuse('unknown_device', 'registration_ids');
    const idOf = new Map(devices.map((device) => [device.registration_id, device.id]));
    const rows = (names: readonly string[]) => names.map((name) => idOf.get(name) ?? 0);
    await trx
      .deleteFrom('push_device_tags')
      .where('app_id', '=', app_id)
      .where('tag', '=', tag)
      .where('device', 'in', [0, ...rows(change.remove)])
      .execute();
    if (change.add.length === 0) return;
    await trx
      .insertInto('push_device_tags')
      .values(rows(change.add).map((device) => ({ app_id, tag, device })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  });
}

export async function listTags(db: Db, app_id: string): Promise<string[]> {
  const rows = await db
    .selectFrom('push_device_tags')
    .select('tag')
    .distinct()
    .where('app_id', '=', app_id)
    .orderBy('tag')
    .limit(MAX_LISTED_TAGS)
    .execute();
  return rows.map((row) => row.tag);
}

type Platforms = readonly PushPlatform[] | undefined;

export async function deleteTag(db: Db, app_id: string, tag: string, platforms: Platforms): Promise<void> {
  await db
    .deleteFrom('push_device_tags')
    .where('app_id', '=', app_id)
    .where('tag', '=', tag)
    .$if(platforms !== undefined, (query) =>
      query.where('device', 'in', (eb) =>
        eb
          .selectFrom('push_devices')
          .select('id')
          .where('app_id', '=', app_id)
          .where('platform', 'in', platforms ?? []),
      ),
    )
    .execute();
}

export async function hasTag(db: Db, app_id: string, tag: string, registration_id: string): Promise<boolean> {
  const row = await db
    .selectFrom('push_device_tags as t')
    .innerJoin('push_devices as d', 'd.id', 't.device')
    .select('t.tag')
    .where('t.app_id', '=', app_id)
    .where('t.tag', '=', tag)
    .where('d.registration_id', '=', registration_id)
    .executeTakeFirst();
  return row !== undefined;
}

/** Every asked tag has its number, also those that nobody has. */
export async function countTags(
  db: Db,
  app_id: string,
  tags: readonly string[],
  platforms: Platforms,
): Promise<Record<string, number>> {
  const rows = await db
    .selectFrom('push_device_tags as t')
    .innerJoin('push_devices as d', 'd.id', 't.device')
    .select(['t.tag', (eb) => eb.fn.countAll<number>().as('devices')])
    .where('t.app_id', '=', app_id)
    .where('t.tag', 'in', ['', ...tags])
    .$if(platforms !== undefined, (query) => query.where('d.platform', 'in', platforms ?? []))
    .groupBy('t.tag')
    .execute();
  const counts = new Map(rows.map((row) => [row.tag, row.devices]));
  return Object.fromEntries(tags.map((tag) => [tag, counts.get(tag) ?? 0]));
}

export async function describeQuota(db: Db, app_id: string, tags: readonly string[], platforms: Platforms) {
  const { rows } = await sql<{ tags: number; aliases: number }>`select
    (select count(distinct tag) from push_device_tags where app_id = ${app_id}) as tags,
    (select count(*) from push_devices where app_id = ${app_id} and alias is not null) as aliases`.execute(db);
  const counts = await countTags(db, app_id, tags, platforms);
  return {
    totalTagQuota: TAG_QUOTA,
    useTagQuota: rows[0]?.tags ?? 0,
    totalAliasQuota: TAG_QUOTA,
    useAliasQuota: rows[0]?.aliases ?? 0,
    tagUidQuotaDetail: Object.entries(counts).map(([tagName, useUidQuota]) => ({
      tagName,
      totalUidQuota: TAG_QUOTA,
      useUidQuota,
    })),
  };
}

export async function findByAlias(db: Db, app_id: string, alias: string, platforms: Platforms): Promise<string[]> {
  const rows = await db
    .selectFrom('push_devices')
    .select('registration_id')
    .where('app_id', '=', app_id)
    .where('alias', '=', alias)
    .$if(platforms !== undefined, (query) => query.where('platform', 'in', platforms ?? []))
    .limit(MAX_LISTED_IDS)
    .execute();
  return rows.map((row) => row.registration_id);
}
