// Counts what the server told devices, and what it left out of the numbers. Every answer counts; only an answer that
// differs from the device's last is logged.

import { KNOWN_APPS } from '../accounts/apps.ts';
import type { Database } from '../db/database.ts';
import type { HeldBackReason } from '../db/tables/stats.ts';
import { isAboutValues } from '../db/violations.ts';
import { writeInHalves } from '../db/write-in-halves.ts';
import { DAY_MS, HOUR_MS, utcDay } from '../utc-day.ts';
import { WriteBehind } from '../write-behind.ts';
import { hourOf } from './checks.ts';
import type { StatsEvent } from './event.ts';
import type { Heard } from './heard.ts';
import type { Recorder } from './record.ts';
import { Tally } from './tally.ts';

/** A server of ten thousand apps has as many counters: it writes them less often, a twentieth of its time at most. */
const pauseMs = { least: 1_000, most: 30_000, perWriting: 20 };
/** PGlite answers nobody while it works on a statement. */
const ROWS_PER_STATEMENT = 500;

const countersSql = `
with sent as (
  select c.* from json_to_recordset($1::json) as c(
    app_id text, day date, version_name text, channel text, platform text, action text, count bigint)
)
insert into stats_daily (app_id, day, version_name, channel, platform, action, slot, count)
select app_id, day, version_name, channel, platform, action, $2::smallint, count from sent
where app_id in ${KNOWN_APPS}
order by app_id, day, action, version_name, channel, platform
on conflict (app_id, day, action, version_name, channel, platform, slot)
do update set count = stats_daily.count + excluded.count`;

const heldBackSql = `
with sent as (
  select c.* from json_to_recordset($1::json) as c(app_id text, day date, reason text, count bigint)
)
insert into held_back_daily (app_id, day, reason, slot, count)
select app_id, day, reason, $2::smallint, count from sent
where app_id in ${KNOWN_APPS}
order by app_id, day, reason
on conflict (app_id, day, reason, slot) do update set count = held_back_daily.count + excluded.count`;

const checksSql = `
with sent as (
  select c.* from json_to_recordset($1::json) as c(app_id text, hour timestamptz, count bigint)
)
insert into checks_hourly (app_id, hour, slot, count)
select app_id, hour, $2::smallint, count from sent
where app_id in ${KNOWN_APPS}
order by app_id, hour
on conflict (app_id, hour, slot) do update set count = checks_hourly.count + excluded.count`;

interface Counted {
  path: readonly string[];
  count: number;
}

interface ServedAction {
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
  readonly #slot: { readonly current: number };
  #day = { number: 0, name: '1970-01-01' };
  #hour = { number: 0, name: hourOf(0) };
  #counters = new Tally();
  #heldBack = new Tally();
  #checks = new Tally();
  /** Since the process started, for `/metrics`. */
  readonly heldBackTotals = { store_network: 0, new_device: 0 };
  readonly #behind: WriteBehind;
  #pauseMs = pauseMs.least;

  constructor(
    database: Database,
    recorder: Recorder,
    onError: (error: unknown) => void,
    slot: { readonly current: number } = { current: 0 },
  ) {
    this.#slot = slot;
    this.#database = database;
    this.#recorder = recorder;
    this.#onError = onError;
    this.#behind = new WriteBehind({ write: () => this.#write(), pauseMs: () => this.#pauseMs, onError });
  }

  count({ app_id, bundle_name, channel, platform, action }: ServedAction, nowMs: number): void {
    this.#counters.add([this.#dayOf(nowMs), app_id, bundle_name, channel, platform, action]);
    this.#checks.add([this.#hourOf(nowMs), app_id]);
    this.#behind.schedule();
  }

  /** Somebody was answered and nothing of it recorded: a request of a store's network, or a device beyond the cap. */
  holdBack(app_id: string, reason: Exclude<HeldBackReason, 'not_offered'>, nowMs: number): void {
    this.heldBackTotals[reason]++;
    this.#heldBack.add([this.#dayOf(nowMs), app_id, reason]);
    this.#behind.schedule();
  }

  /**
   * Nobody waits for this: after a crash a device's log may lack a line and its outcome a word, never an event that it sent.
   * `onLost`: it could not be recorded.
   */
  log(event: StatsEvent | undefined, heard: readonly Heard[] = [], onLost: () => void = () => {}): void {
    this.#recorder.record(event ? [event] : [], heard).catch((error: unknown) => {
      onLost();
      this.#onError(error);
    });
  }

  flush(): Promise<void> {
    return this.#behind.flush();
  }

  async #write(): Promise<void> {
    const [counters, heldBack, checks] = [this.#counters, this.#heldBack, this.#checks];
    if (counters.isEmpty && heldBack.isEmpty && checks.isEmpty) return;
    this.#counters = new Tally();
    this.#heldBack = new Tally();
    this.#checks = new Tally();
    const startMs = performance.now();
    await this.#writeTally(counters, countersSql, counterRow, (again) => this.#counters.add(again.path, again.count));
    await this.#writeTally(heldBack, heldBackSql, heldBackRow, (again) => this.#heldBack.add(again.path, again.count));
    await this.#writeTally(checks, checksSql, checksRow, (again) => this.#checks.add(again.path, again.count));
    const tookMs = performance.now() - startMs;
    this.#pauseMs = Math.min(pauseMs.most, Math.max(pauseMs.least, tookMs * pauseMs.perWriting));
  }

  async #writeTally(tally: Tally, text: string, toRow: (each: Counted) => object, countAgain: (each: Counted) => void) {
    const write = async (some: readonly Counted[]) => {
      const rows = JSON.stringify(some.map(toRow));
      await this.#database.query(text, [rows, String(this.#slot.current)], { isPlannedOnce: true });
    };
    const onFailure = (some: readonly Counted[], error: unknown) => {
      this.#onError(error);
      // What the database refuses for what it holds it would refuse for ever.
      if (!isAboutValues(error)) for (const each of some) countAgain(each);
    };
    const entries = [...tally.entries()];
    for (let from = 0; from < entries.length; from += ROWS_PER_STATEMENT) {
      await writeInHalves(entries.slice(from, from + ROWS_PER_STATEMENT), write, onFailure);
    }
  }

  /** By the day of the answer: what an outage delays past midnight counts for the day before. */
  #dayOf(nowMs: number): string {
    const number = Math.floor(nowMs / DAY_MS);
    if (number !== this.#day.number) this.#day = { number, name: utcDay(nowMs) };
    return this.#day.name;
  }

  #hourOf(nowMs: number): string {
    const number = Math.floor(nowMs / HOUR_MS);
    if (number !== this.#hour.number) this.#hour = { number, name: hourOf(nowMs) };
    return this.#hour.name;
  }
}

const counterRow = ({ path: [day, app_id, version_name, channel, platform, action], count }: Counted) => ({
  ...{ day, app_id, version_name, channel, platform, action, count },
});

const heldBackRow = ({ path: [day, app_id, reason], count }: Counted) => ({ day, app_id, reason, count });
const checksRow = ({ path: [hour, app_id], count }: Counted) => ({ hour, app_id, count });
