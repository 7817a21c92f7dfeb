// How the walk over an app's devices divides, so that several processes can share a large one.

import type { Db } from '../db/open.ts';

/** The values that the column's default draws from. */
const SHARDS = 16;

/** The parts into which a fan-out divides: one for an ordinary audience, several when the app has very many devices. */
export function divideShards(manyDevices: boolean): readonly { first: number; last: number }[] {
  const parts = manyDevices ? 4 : 1;
  const size = SHARDS / parts;
  return Array.from({ length: parts }, (_, part) => ({ first: part * size, last: (part + 1) * size - 1 }));
}

/** Whether the app has more than about 100,000 devices, told from one of its sixteen equal parts. */
export async function hasManyDevices(db: Db, app_id: string): Promise<boolean> {
  const beyond = await db
    .selectFrom('push_devices')
    .select('id')
    .where('app_id', '=', app_id)
    .where('active', '=', true)
    .where('shard', '=', 0)
    .orderBy('id')
    .offset(Math.floor(100_000 / SHARDS))
    .limit(1)
    .executeTakeFirst();
  return beyond !== undefined;
}
