// Background work: pg-boss queues in the same database, on either engine.

import type { Transaction } from 'kysely';
import { fromKysely, PgBoss, type Queue } from 'pg-boss';
import type { Database } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import { isUniqueViolation } from '../db/violations.ts';
import { AppError } from '../errors.ts';
import { type Backlog, listBacklogs } from './backlog.ts';

/** One kind of job. Throwing fails the job; pg-boss retries it by the queue's options. */
export interface JobQueue<Data extends object = object> {
  name: string;
  options?: Omit<Queue, 'name'>;
  /** Five-field cron in UTC: one job at each of its times, however many processes run. */
  cron?: string;
  /** Jobs of this queue that one process runs at once (default 1). */
  concurrency?: number;
  /** Seconds that a delayed job may start late (default 10). A job without delay wakes a worker at once. */
  pollingIntervalSeconds?: number;
  run(data: Data, signal: AbortSignal): Promise<void>;
}

interface SendOptions {
  /** Enqueue in this transaction: the job exists if and only if it commits. */
  trx?: Transaction<Schema>;
  startAfter?: Date | number;
  /** While a job with this key waits or runs, another with it is not added. */
  singletonKey?: string;
  priority?: number;
}

export interface Jobs {
  /** All queues of `start` exist, so that jobs can be sent. */
  readonly isReady: boolean;
  /** Returns the job's id, or null when `singletonKey` found one waiting. Throws `starting` (503) before its queue exists. */
  send(queue: string, data: object, options?: SendOptions): Promise<string | null>;
  /** Enqueues one job for each of `data`, in one statement of this transaction. Throws `starting` as `send` does. */
  sendAll(queue: string, data: readonly object[], trx: Transaction<Schema>): Promise<void>;
  /** Names of the queues that were made. */
  readonly queues: Iterable<string>;
  /** What is due and has not begun, the longest wait first; nothing before `start`. */
  listBacklogs(): Promise<Backlog[]>;
  /** Creates the queues; with `work` true, also starts to run their jobs and schedules. Ends early when `stop` is called meanwhile. */
  start(queues: readonly JobQueue<never>[], work: boolean): Promise<void>;
  /** Lets running jobs finish for up to `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
}

const SCHEMA = 'jobs';
const LOOK_EVERY_MS = 2_000;
const NO_JOB = '00000000-0000-4000-8000-000000000000';

export function openJobs(database: Database, onError: (error: unknown) => void): Jobs {
  const boss = new PgBoss({
    schema: SCHEMA,
    backend: database.engine,
    db: {
      executeSql: (text, values) => executeSql(database, text, values),
      async listen(channel, onJob, onReconnect) {
        // Whoever cannot hear of jobs looks for them: see listener.ts for poolers.
        let looking: NodeJS.Timeout | undefined;
        await database.listen(channel, onJob, (hearing) => {
          clearInterval(looking);
          if (hearing) onReconnect();
          else looking = setInterval(onReconnect, LOOK_EVERY_MS).unref();
        });
        onReconnect();
        // The connection ends with the database, soon after the jobs.
        return { close: async () => clearInterval(looking) };
      },
    },
    // Every poll of every worker is a statement, and on PGlite each costs the thread that answers phones a millisecond.
    useListenNotify: true,
  });
  boss.on('error', onError);
  const made = new Set<string>();
  let isReady = false;
  let starting: Promise<void> | undefined;
  let stopping = false;
  return {
    get isReady() {
      return isReady;
    },
    get queues() {
      return made;
    },
    async send(queue, data, options = {}) {
      if (!made.has(queue)) throw stillStarting();
      const { trx, ...rest } = options;
      return boss.send(queue, data, { ...rest, ...(trx && { db: fromKysely(trx) }) });
    },
    async sendAll(queue, data, trx) {
      if (data.length === 0) return;
      if (!made.has(queue)) throw stillStarting();
      const jobs = data.map((each) => ({ data: each }));
      await boss.insert(queue, jobs, { db: fromKysely(trx) });
    },
    async listBacklogs() {
      return isReady ? listBacklogs(database) : [];
    },
    async start(queues, work) {
      const begin = async () => {
        await makeSchema(database);
        await boss.start();
        for (const queue of queues) {
          if (stopping) return;
          await makeQueue(boss, queue);
          made.add(queue.name);
        }
        isReady = true;
        // After all queues exist, because a job may send jobs to any of them.
        if (work) for (const queue of queues) if (!stopping) await workOn(boss, queue);
      };
      starting = begin();
      await starting;
    },
    async stop(timeoutMs) {
      stopping = true;
      if (!starting) return;
      // Whoever waits for the start hears of its failure.
      await starting.catch(() => undefined);
      await boss.stop({ graceful: true, timeout: timeoutMs, close: false });
    },
  };
}

const stillStarting = () =>
  new AppError('starting', 503, 'The server is still starting, try again in a moment', { retryAfterSeconds: 1 });

/**
 * Before pg-boss does it under its lock: a connection that looked for the schema and then waited for that lock still
 * believes that it is absent, `create schema if not exists` breaks the unique index of names, and the server ends.
 */
async function makeSchema(database: Database): Promise<void> {
  try {
    await database.query(`create schema if not exists ${SCHEMA}`);
  } catch (error) {
    // Another process made it first.
    if (!isUniqueViolation(error)) throw error;
  }
}

async function makeQueue(boss: PgBoss, queue: JobQueue<never>): Promise<void> {
  await boss.createQueue(queue.name, { ...queue.options, notify: true });
  // The first use of a queue reads its settings, and outside the caller's transaction.
  await boss.findJobs(queue.name, { id: NO_JOB });
  if (queue.cron) await boss.schedule(queue.name, queue.cron, null, { tz: 'UTC' });
}

async function workOn(boss: PgBoss, queue: JobQueue<never>): Promise<void> {
  const options = {
    pollingIntervalSeconds: queue.pollingIntervalSeconds ?? 2,
    notifyPollingIntervalSeconds: queue.pollingIntervalSeconds ?? 10,
  };
  for (let lane = 0; lane < (queue.concurrency ?? 1); lane += 1) {
    const worker = await boss.work(queue.name, options, async ([job]) => {
      if (!job) return;
      // Whatever came meanwhile is fetched at once: a worker rests only when it found the queue empty.
      boss.notifyWorker(worker);
      await queue.run((job.data ?? {}) as never, job.signal);
    });
  }
}

/** Text without values may hold several statements: it must not go through a prepared statement. */
async function executeSql(database: Database, text: string, values?: unknown[]) {
  return values?.length ? database.query(text, values) : database.query(text);
}
