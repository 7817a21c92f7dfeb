// Counts what the server told devices. Every answer counts; only an answer that differs from the device's last is logged.

import type { Database } from '../db/open.ts';
import { dayOf, type StatsEvent } from './event.ts';
import type { Recorder } from './record.ts';
import { Tally } from './tally.ts';

/** A server of ten thousand apps has as many counters: it writes them less often, a twentieth of its time at most. */
const pauseMs = { least: 1_000, most: 30_000, perWriting: 20 };
/** PGlite answers nobody while it works on a statement. */
const rowsPerStatement = 500;

const countersSql = `
with sent as (
  select c.* from json_to_recordset($1::json) as c(
    app_id text, day date, version_name text, channel text, platform text, action text, count bigint)
),
alive as (
  select app_id from apps where app_id in (select app_id from sent) order by app_id for key share
)
insert into stats_daily (app_id, day, version_name, channel, platform, action, count)
select * from sent
where app_id in (select app_id from alive)
order by app_id, day, action, version_name, channel, platform
on conflict (app_id, day, action, version_name, channel, platform)
do update set count = stats_daily.count + excluded.count`;

export interface ServedAction {
  app_id: string;
  bundle_name: string;
  channel: string;
  platform: string;
  action: string;
}

export class Served {
  readonly #database: Database;
  readonly #recorder: Recorder;
  readonly #onError: (error: unknown) => void;
  #counters = new Tally();
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = pauseMs.least;
  #flushing: Promise<void> = Promise.resolve();

  constructor(database: Database, recorder: Recorder, onError: (error: unknown) => void) {
    this.#database = database;
    this.#recorder = recorder;
    this.#onError = onError;
  }

  count({ app_id, bundle_name, channel, platform, action }: ServedAction): void {
    this.#counters.add([app_id, bundle_name, channel, platform, action]);
    this.#timer ??= setTimeout(() => void this.flush(), this.#pauseMs);
  }

  /** Nobody waits for this row: a device's log may lack a line after a crash, never an event that it sent. */
  log(event: StatsEvent): void {
    this.#recorder.record([event]).catch(this.#onError);
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing = this.#flushing.then(() => this.#write());
    await this.#flushing;
  }

  async #write(): Promise<void> {
    if (this.#counters.isEmpty) return;
    const counters = this.#counters;
    this.#counters = new Tally();
    const day = dayOf(Date.now());
    const startMs = performance.now();
    const entries = [...counters.entries()];
    for (let from = 0; from < entries.length; from += rowsPerStatement) {
      await this.#writeSome(day, entries.slice(from, from + rowsPerStatement));
    }
    const tookMs = performance.now() - startMs;
    this.#pauseMs = Math.min(pauseMs.most, Math.max(pauseMs.least, tookMs * pauseMs.perWriting));
  }

  async #writeSome(day: string, entries: readonly { path: readonly string[]; count: number }[]): Promise<void> {
    const rows = entries.map(({ path, count }) => {
      const [app_id, version_name, channel, platform, action] = path;
      return { app_id, day, version_name, channel, platform, action, count };
    });
    try {
      await this.#database.query(countersSql, [JSON.stringify(rows)]);
    } catch (error) {
      this.#onError(error);
      for (const { path, count } of entries) this.#counters.add(path, count);
    }
  }
}
