// Reads of the device registry on the way of a device's request, and right after it.

import type { Database, Db } from '../db/database.ts';

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

/** Which of `devices` were seen before. */
export async function findKnownDevices(
  database: Database,
  devices: readonly { app_id: string; device_id: string }[],
): Promise<{ app_id: string; device_id: string }[]> {
  const { rows } = await database.query(
    `select app_id, device_id from devices
     join json_to_recordset($1::json) as asked(app_id text, device_id text) using (app_id, device_id)`,
    [JSON.stringify(devices.map(({ app_id, device_id }) => ({ app_id, device_id })))],
  );
  return rows as { app_id: string; device_id: string }[];
}
