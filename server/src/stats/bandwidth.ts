// Counts the bytes that devices downloaded, per app and day. Written behind: a crash may lose the last second's count.

import { sql } from 'kysely';
import { appIdOf } from '../accounts/apps.ts';
import type { Database } from '../db/database.ts';
import { utcDay } from '../utc-day.ts';
import { WriteBehind } from '../write-behind.ts';

const FLUSH_EVERY_MS = 1_000;

const addRows = (rows: string) => sql`
insert into bandwidth_daily (app_id, day, bytes)
select * from (
  select ${appIdOf(sql`c.app_uuid`)} as app_id, c.day, c.bytes
  from json_to_recordset(${rows}::json) as c(app_uuid uuid, day date, bytes bigint)
) counted
where app_id is not null
order by app_id, day
on conflict (app_id, day) do update set bytes = bandwidth_daily.bytes + excluded.bytes`;

export class Bandwidth {
  readonly #database: Database;
  readonly #onError: (error: unknown) => void;
  /** By app uuid and day. */
  #bytes = new Map<string, number>();
  readonly #behind: WriteBehind;

  constructor(database: Database, onError: (error: unknown) => void) {
    this.#database = database;
    this.#onError = onError;
    this.#behind = new WriteBehind({ write: () => this.#write(), pauseMs: () => FLUSH_EVERY_MS, onError });
  }

  /** `app_uuid` must be one: it comes from a signed URL. */
  count(app_uuid: string, bytes: number, nowMs: number): void {
    this.#add(`${app_uuid} ${utcDay(nowMs)}`, bytes);
    this.#behind.schedule();
  }

  flush(): Promise<void> {
    return this.#behind.flush();
  }

  #add(key: string, bytes: number): void {
    this.#bytes.set(key, (this.#bytes.get(key) ?? 0) + bytes);
  }

  async #write(): Promise<void> {
    if (this.#bytes.size === 0) return;
    const counted = this.#bytes;
    this.#bytes = new Map();
    const rows = [...counted].map(([key, bytes]) => {
      const [app_uuid, day] = key.split(' ');
      return { app_uuid, day, bytes };
    });
    try {
      await addRows(JSON.stringify(rows)).execute(this.#database.db);
    } catch (error) {
      this.#onError(error);
      for (const [key, bytes] of counted) this.#add(key, bytes);
    }
  }
}
