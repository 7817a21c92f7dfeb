// How the walk over an app's devices divides, so that several processes can share a large one.

import type { Db } from '../../db/database.ts';
import type { StoredMessage } from '../message/stored-message.ts';
import type { PushRoom } from '../room.ts';
import { wakeLanes } from './turns.ts';

/** A part of a fan-out: the shards it covers and how far it has come. */
export interface Walk {
  readonly first_shard: number;
  readonly last_shard: number;
  readonly cursor_shard: number;
  readonly cursor_id: number;
  readonly batches: number;
}

/** The column's default draws from as many values. */
const SHARDS = 16;
export const LAST_SHARD = SHARDS - 1;

const MANY_DEVICES = 100_000;
const PARTS = 4;

/** Before its first batch, the walk over a very large app keeps a quarter and leaves the rest to walks of their own. */
export async function divideWalk(room: PushRoom, stored: StoredMessage, walk: Walk): Promise<Walk> {
  const { app_id, audience } = stored.selection;
  const isWhole = walk.batches === 0 && walk.first_shard === 0 && walk.last_shard === LAST_SHARD;
  const isList = audience.registration_id !== undefined || audience.alias !== undefined;
  if (!isWhole || isList || !(await hasManyDevices(room.db, app_id))) return walk;
  const { msg_id } = stored;
  const size = SHARDS / PARTS;
  const others = Array.from({ length: PARTS - 1 }, (_, index) => (index + 1) * size);
  await room.db.transaction().execute(async (trx) => {
    const kept = await trx
      .updateTable('push_walks')
      .set({ last_shard: size - 1 })
      .where('app_id', '=', app_id)
      .where('msg_id', '=', msg_id)
      .where('first_shard', '=', 0)
      .where('last_shard', '=', LAST_SHARD)
      // A message that was withdrawn meanwhile.
      .where('done', '=', false)
      .returning('msg_id')
      .executeTakeFirst();
    if (!kept) return;
    const walks = others.map((first_shard) => ({
      msg_id,
      app_id,
      first_shard,
      last_shard: first_shard + size - 1,
      cursor_shard: first_shard,
    }));
    await trx.insertInto('push_walks').values(walks).execute();
    await wakeLanes(room.jobs, trx, walks.length);
  });
  return { ...walk, last_shard: size - 1 };
}

/** Estimated from shard 0, because devices are spread evenly. */
async function hasManyDevices(db: Db, app_id: string): Promise<boolean> {
  const beyond = await db
    .selectFrom('push_devices')
    .select('id')
    .where('app_id', '=', app_id)
    .where('active', '=', true)
    .where('shard', '=', 0)
    .orderBy('id')
    .offset(Math.floor(MANY_DEVICES / SHARDS))
    .limit(1)
    .executeTakeFirst();
  return beyond !== undefined;
}
