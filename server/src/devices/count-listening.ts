// How many devices follow a channel.

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { listensTo } from '../releases/sql.ts';

interface Counted {
  readonly app_id: string;
  /** By its name. */
  readonly channel: string;
  readonly seen_within_days: number;
  /** Counts no further. */
  readonly most: number;
}

export async function countListening(db: Db, { app_id, channel, seen_within_days, most }: Counted): Promise<number> {
  const device = {
    app_id: sql<string>`d.app_id`,
    device_id: sql<string>`d.device_id`,
    platform: sql<string>`d.platform`,
    plugin_version: sql<string>`d.plugin_version`,
    default_channel: sql<string | null>`d.default_channel`,
  };
  const { rows } = await sql<{ devices: number }>`
    select count(*)::int as devices from (
      select from devices d
      where d.app_id = ${app_id} and d.updated_at >= now() - make_interval(days => ${seen_within_days}::int)
        and ${listensTo(device, { app_ids: [app_id], channels: [channel] })}
      limit ${most}) counted`.execute(db);
  return rows[0]!.devices;
}
