// Records events: many requests share one statement and one commit, and each is acknowledged only after it.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../db/database.ts';
import { isUnavailable } from '../db/unavailable.ts';
import { overloaded } from '../errors.ts';
import { dayOf, type StatsEvent } from './event.ts';
import { Partitions } from './partitions.ts';

const maxBatchRows = 4_000;
const maxBatchChars = 8 * 1024 * 1024;
/** More waiting than this and the database cannot follow: new events are refused with 503, and devices keep them. */
const usualLimits = { rows: 50_000, chars: 64 * 1024 * 1024 };
const retryAfterSeconds = 2;
/** Events outlast a database that restarts or fails over; clients wait for an answer for twenty seconds. */
export const outageMs = 10_000;
const retryEveryMs = 250;
const missingPartition = '23514';
const deadlock = '40P01';

interface Waiting {
  sinceMs: number;
  events: readonly StatsEvent[];
  chars: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Insert, rollup and failure count are one statement, so they are one transaction on any engine. */
const insertSql = `
with sent as (
  select i.* from json_to_recordset($1::json) as i(
    day date, app_id text, device_id text, action text, version_name text, bundle_name text, old_version_name text,
    old_bundle_name text, platform text, plugin_version text, version_build text, is_prod boolean, is_emulator boolean,
    channel text, metadata jsonb, occurred_at timestamptz, received_at timestamptz, dedupe_key uuid, rollup boolean,
    unopened_with text, n integer)
),
-- Locked until the commit: an app that is being deleted either still takes its events along, or gets none any more.
alive as (
  select app_id from apps where app_id in (select app_id from sent) order by app_id for key share
),
incoming as (
  select * from sent where app_id in (select app_id from alive)
),
-- Within one batch the constraint decides too, but only one of two equal rows may be counted below.
fresh as (
  select distinct on (day, coalesce(dedupe_key::text, 'row ' || n)) * from incoming
),
judged as (
  select fresh.*, is_outcome, is_outcome and exists (
    select from devices d
    where d.app_id = fresh.app_id and d.device_id = fresh.device_id and d.offered_version = fresh.bundle_name
  ) as was_offered
  from fresh, lateral (select bundle_name <> '' and (action = 'set' or action like '%\\_fail') as is_outcome) outcome
),
stored as (
  insert into stats_events (day, app_id, device_id, action, version_name, bundle_name, old_version_name, platform, plugin_version,
    version_build, is_prod, is_emulator, channel, metadata, occurred_at, received_at, dedupe_key, was_offered)
  select day, app_id, device_id, action, version_name, bundle_name, old_version_name, platform, plugin_version,
    version_build, is_prod, is_emulator, channel, metadata, occurred_at, received_at, dedupe_key, was_offered
  from judged
  on conflict (day, dedupe_key) do nothing
  returning day, dedupe_key
),
counted as (
  select judged.* from judged
  where rollup and (dedupe_key is null
     or exists (select from stored where stored.day = judged.day and stored.dedupe_key = judged.dedupe_key))
),
counters as (
  select app_id, day, bundle_name, channel, platform, action from counted
  union all
  select app_id, day, bundle_name, channel, platform, '+install' from counted
    where action = 'set' and is_prod and not is_emulator and bundle_name <> ''
  union all
  select app_id, day, old_bundle_name, channel, platform, '+uninstall' from counted
    where action = 'set' and is_prod and not is_emulator and old_bundle_name not in ('', bundle_name)
  union all
  select app_id, day, bundle_name, channel, platform, '+fail' from counted
    where action like '%\\_fail' and is_prod and not is_emulator and bundle_name <> ''
),
rolled_up as (
  insert into stats_daily (app_id, day, version_name, channel, platform, action, count)
  select app_id, day, bundle_name, channel, platform, action, count(*) from counters
  group by app_id, day, bundle_name, channel, platform, action
  order by app_id, day, action, bundle_name, channel, platform
  on conflict (app_id, day, action, version_name, channel, platform)
  do update set count = stats_daily.count + excluded.count
),
held_back as (
  insert into held_back_daily (app_id, day, reason, count)
  select app_id, day, 'not_offered', count(*) from counted
  where is_outcome and not was_offered and is_prod and not is_emulator
  group by app_id, day order by app_id, day
  on conflict (app_id, day, reason) do update set count = held_back_daily.count + excluded.count
)
insert into device_failures (app_id, device_id, version_name, version_build, failures, unopened_with)
select app_id, device_id, bundle_name, coalesce(version_build, ''),
  count(*) filter (where action in ('update_fail', 'set_fail')), max(unopened_with)
from counted
where (action in ('update_fail', 'set_fail') or unopened_with is not null) and bundle_name <> ''
group by app_id, device_id, bundle_name, coalesce(version_build, '')
order by app_id, device_id, bundle_name, coalesce(version_build, '')
on conflict (app_id, device_id, version_name, version_build)
do update set failures = device_failures.failures + excluded.failures, last_failed_at = now(),
  unopened_with = coalesce(excluded.unopened_with, device_failures.unopened_with)`;

export class Recorder {
  readonly #database: Database;
  readonly #partitions: Partitions;
  readonly #waiting: Waiting[] = [];
  readonly #limits: typeof usualLimits;
  #waitingRows = 0;
  #waitingChars = 0;
  #flushing: Promise<void> | undefined;
  #outageMs = outageMs;

  constructor(database: Database, limits = usualLimits) {
    this.#database = database;
    this.#limits = limits;
    this.#partitions = new Partitions(database);
  }

  /**
   * Resolves when all of `events` are committed; rejects when none is known to be. Throws `overloaded` when too many wait, and
   * `database_unavailable` when the database is away for longer than ten seconds.
   */
  record(events: readonly StatsEvent[]): Promise<void> {
    if (events.length === 0) return Promise.resolve();
    this.#database.assertNoConnectionHeld();
    const chars = charsOf(events);
    const rowsFit = this.#waitingRows + events.length <= this.#limits.rows;
    const charsFit = this.#waitingChars + chars <= this.#limits.chars;
    if (!rowsFit || !charsFit) return Promise.reject(overloaded(retryAfterSeconds));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ sinceMs: performance.now(), events, chars, resolve, reject });
      this.#waitingRows += events.length;
      this.#waitingChars += chars;
      this.#flushing ??= this.#flushAll();
    });
  }

  /** Rows that wait for a commit: what `/metrics` shows. */
  get waitingRows(): number {
    return this.#waitingRows;
  }

  /** Everything that was handed over before is committed or refused. */
  async drain(): Promise<void> {
    this.#outageMs = 0;
    await this.#flushing;
  }

  async #flushAll(): Promise<void> {
    // Requests of the same turn of the event loop join the first batch; later ones gather while it commits.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      await this.#flush(batch);
    }
    this.#flushing = undefined;
  }

  #takeBatch(): Waiting[] {
    let rows = 0;
    let chars = 0;
    let length = 0;
    for (const next of this.#waiting) {
      if (length > 0 && (rows + next.events.length > maxBatchRows || chars + next.chars > maxBatchChars)) break;
      rows += next.events.length;
      chars += next.chars;
      length++;
    }
    this.#waitingRows -= rows;
    this.#waitingChars -= chars;
    return this.#waiting.splice(0, length);
  }

  async #flush(batch: Waiting[]): Promise<void> {
    try {
      await this.#insert(batch.flatMap(({ events }) => events));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      if (isUnavailable(error)) await this.#flushLater(batch, error);
      else await this.#isolate(batch, error);
    }
  }

  /** A commit whose answer was lost is repeated too: the keys of the events tell what is there already. */
  async #flushLater(batch: Waiting[], error: unknown): Promise<void> {
    const sinceMs = performance.now() - this.#outageMs;
    for (const late of this.#waiting.filter((each) => each.sinceMs <= sinceMs)) this.#forget(late).reject(error);
    for (const late of batch.filter((each) => each.sinceMs <= sinceMs)) late.reject(error);
    const left = batch.filter((each) => each.sinceMs > sinceMs);
    if (left.length === 0) return;
    await sleep(retryEveryMs);
    await this.#flush(left);
  }

  #forget(waiting: Waiting): Waiting {
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    this.#waitingRows -= waiting.events.length;
    this.#waitingChars -= waiting.chars;
    return waiting;
  }

  /** A value that the database refuses must not take the requests of others with it. */
  async #isolate(batch: Waiting[], error: unknown): Promise<void> {
    const [only] = batch;
    if (batch.length === 1 || !isAboutValues(error)) {
      for (const { reject } of batch) reject(error);
    } else if (only) {
      const half = Math.ceil(batch.length / 2);
      await this.#flush(batch.slice(0, half));
      await this.#flush(batch.slice(half));
    }
  }

  async #insert(events: StatsEvent[]): Promise<void> {
    const rows = events.map(toRow);
    await this.#partitions.ensure(new Set(rows.map((row) => row.day)));
    const json = JSON.stringify(rows);
    try {
      await this.#database.query(insertSql, [json]);
    } catch (error) {
      const code = (error as { code?: string }).code;
      if (code === missingPartition) {
        // Another process dropped a partition that this one remembers.
        this.#partitions.forget();
        await this.#partitions.ensure(new Set(rows.map((row) => row.day)));
      } else if (code !== deadlock) throw error;
      await this.#database.query(insertSql, [json]);
    }
  }
}

/** SQLSTATE classes 22 (data), 23 (integrity) and 54 (too large for an index): the fault of a row, not of the database. */
function isAboutValues(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^(22|23|54)/.test(code);
}

/** Roughly what the events take in memory: only names of files and metadata can be long. */
function charsOf(events: readonly StatsEvent[]): number {
  let chars = 0;
  for (const { version_name, metadata } of events) {
    chars += 500 + (version_name?.length ?? 0);
    for (const key in metadata) chars += key.length + (metadata[key] as string).length;
  }
  return chars;
}

function toRow(event: StatsEvent, n: number) {
  const { occurredMs, receivedMs, ...columns } = event;
  return {
    ...columns,
    n,
    day: dayOf(occurredMs),
    occurred_at: new Date(occurredMs).toISOString(),
    received_at: new Date(receivedMs).toISOString(),
  };
}
