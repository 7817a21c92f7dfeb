// Reads of the device registry that the device door needs.

import type { Db } from '../db/open.ts';

/** The bundle last offered to a device, at `sinceMs` or later. */
export async function findLastOffer(
  db: Db,
  app_id: string,
  device_id: string,
  sinceMs = 0,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('devices')
    .select('offered_version')
    .where('app_id', '=', app_id)
    .where('device_id', '=', device_id)
    .where('offered_at', '>=', new Date(sinceMs))
    .executeTakeFirst();
  return row?.offered_version ?? undefined;
}
