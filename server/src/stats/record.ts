// Records events: many requests share one statement and one commit, and each is acknowledged only after it.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../db/database.ts';
import { isUnavailable } from '../db/unavailable.ts';
import { isAboutValues } from '../db/violations.ts';
import { overloaded } from '../errors.ts';
import type { Metrics } from '../metrics.ts';
import { utcDay } from '../utc-day.ts';
import type { StatsEvent } from './event.ts';
import { type Heard, heardRows } from './heard.ts';
import { Partitions } from './partitions.ts';
import { insertSql } from './record-sql.ts';

const MAX_BATCH_ROWS = 4_000;
const MAX_BATCH_CHARS = 8 * 1024 * 1024;
/** More waiting than this and the database cannot follow: new events are refused with 503, and devices keep them. */
const usualLimits = { rows: 50_000, chars: 64 * 1024 * 1024 };
const RETRY_AFTER_SECONDS = 2;
/** Events outlast a database that restarts or fails over; clients wait for an answer for twenty seconds. */
export const OUTAGE_MS = 10_000;
const RETRY_EVERY_MS = 250;
const MISSING_PARTITION = '23514';
const DEADLOCK = '40P01';

interface Waiting {
  sinceMs: number;
  events: readonly StatsEvent[];
  heard: readonly Heard[];
  /** How many of both. */
  rows: number;
  chars: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** A row of `device_failures` that decides what its device is told from now on. */
interface DecidingFailure {
  app_id: string;
  device_id: string;
  version_name: string;
  version_build: string;
  failures: number;
  unopened_with: string | null;
}

interface RecorderOptions {
  /** The rollup rows to add to. */
  slot?: { readonly current: number };
  /** Told after the commit. */
  onFailures?: (failures: readonly DecidingFailure[]) => void;
  metrics?: Pick<Metrics, 'outcomes' | 'commitRows' | 'commitWait'>;
}

export class Recorder {
  readonly #database: Database;
  readonly #partitions: Partitions;
  readonly #waiting: Waiting[] = [];
  readonly #limits: typeof usualLimits;
  readonly #slot: { readonly current: number };
  readonly #onFailures: NonNullable<RecorderOptions['onFailures']>;
  readonly #metrics: RecorderOptions['metrics'];
  #waitingRows = 0;
  #waitingChars = 0;
  #flushing: Promise<void> | undefined;
  #outageMs = OUTAGE_MS;

  constructor(
    database: Database,
    limits = usualLimits,
    { slot = { current: 0 }, onFailures = () => {}, metrics }: RecorderOptions = {},
  ) {
    this.#database = database;
    this.#limits = limits;
    this.#slot = slot;
    this.#onFailures = onFailures;
    this.#metrics = metrics;
    this.#partitions = new Partitions(database);
  }

  /**
   * Resolves when all of `events`, and the outcomes by what was `heard`, are committed; rejects when none is known to be. Throws `overloaded` when too many wait, and
   * `database_unavailable` when the database is away for longer than ten seconds.
   */
  record(events: readonly StatsEvent[], heard: readonly Heard[] = []): Promise<void> {
    const rows = events.length + heard.length;
    if (rows === 0) return Promise.resolve();
    this.#database.assertNoConnectionHeld();
    const chars = charsOf(events);
    const rowsFit = this.#waitingRows + rows <= this.#limits.rows;
    const charsFit = this.#waitingChars + chars <= this.#limits.chars;
    if (!rowsFit || !charsFit) return Promise.reject(overloaded(RETRY_AFTER_SECONDS));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ sinceMs: performance.now(), events, heard, rows, chars, resolve, reject });
      this.#waitingRows += rows;
      this.#waitingChars += chars;
      this.#flushing ??= this.#flushAll();
    });
  }

  /** Rows that wait for a commit: what `/metrics` shows. */
  get waitingRows(): number {
    return this.#waitingRows;
  }

  /** What was handed over before is committed or refused, with the patience that all have. */
  async idle(): Promise<void> {
    await this.#flushing;
  }

  /** The same, and without patience: the process ends. */
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
      if (length > 0 && (rows + next.rows > MAX_BATCH_ROWS || chars + next.chars > MAX_BATCH_CHARS)) break;
      rows += next.rows;
      chars += next.chars;
      length++;
    }
    this.#waitingRows -= rows;
    this.#waitingChars -= chars;
    return this.#waiting.splice(0, length);
  }

  async #flush(batch: Waiting[]): Promise<void> {
    try {
      await this.#insert(batch);
      for (const { resolve } of batch) resolve();
      this.#count(batch);
    } catch (error) {
      if (isUnavailable(error)) await this.#flushLater(batch, error);
      else await this.#isolate(batch, error);
    }
  }

  #count(batch: readonly Waiting[]): void {
    if (this.#metrics === undefined) return;
    const { outcomes, commitRows, commitWait } = this.#metrics;
    const nowMs = performance.now();
    commitRows.observe(batch.reduce((sum, { rows }) => sum + rows, 0));
    for (const { sinceMs, heard } of batch) {
      commitWait.observe((nowMs - sinceMs) / 1000);
      for (const { signal } of heard) outcomes.of(signal).value++;
    }
  }

  /** A commit whose answer was lost is repeated too: the keys of the events tell what is there already. */
  async #flushLater(batch: Waiting[], error: unknown): Promise<void> {
    const sinceMs = performance.now() - this.#outageMs;
    for (const late of this.#waiting.filter((each) => each.sinceMs <= sinceMs)) this.#forget(late).reject(error);
    for (const late of batch.filter((each) => each.sinceMs <= sinceMs)) late.reject(error);
    const left = batch.filter((each) => each.sinceMs > sinceMs);
    if (left.length === 0) return;
    await sleep(RETRY_EVERY_MS);
    await this.#flush(left);
  }

  #forget(waiting: Waiting): Waiting {
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    this.#waitingRows -= waiting.rows;
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

  async #insert(batch: readonly Waiting[]): Promise<void> {
    const all = batch.flatMap(({ events }) => events);
    const rows = all.map(toRow);
    const numbers = new Map(all.map((event, n) => [event, n]));
    const { devices, words } = heardRows(
      batch.flatMap(({ heard }) => heard),
      (event) => numbers.get(event),
    );
    const days = new Set(rows.map((row) => row.day));
    const [events, ...heard] = [rows, words, devices].map((each) => JSON.stringify(each)) as [string, string, string];
    const insert = () => {
      const values = [events, ...heard, String(this.#slot.current), new Date().toISOString()];
      return this.#database.query(insertSql, values, { isPlannedOnce: true });
    };
    await this.#partitions.ensure(days);
    const { rows: failures } = await insert().catch(async (error: unknown) => {
      const code = (error as { code?: string }).code;
      if (code === MISSING_PARTITION) {
        // Another process dropped a partition that this one remembers.
        this.#partitions.forget();
        await this.#partitions.ensure(days);
      } else if (code !== DEADLOCK) throw error;
      return insert();
    });
    if (failures.length > 0) this.#onFailures(failures as unknown as DecidingFailure[]);
  }
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
    day: utcDay(occurredMs),
    occurred_at: new Date(occurredMs).toISOString(),
    received_at: new Date(receivedMs).toISOString(),
  };
}
