// Background work of webhooks: attempts, a sweep for attempts that were lost, and an end to old deliveries.

import { sql } from 'kysely';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import type { JobQueue, Jobs } from '../jobs/open.ts';
import { safeDispatcher } from '../net/safe-connect.ts';
import { createVault } from '../secrets.ts';
import { attemptDelivery, type Sending } from './deliver.ts';

const attempts = 'webhook-attempts';
const keptDays = 7;
const sweptAtOnce = 1000;

interface Attempt {
  delivery_id: string;
}

interface Parts {
  config: Config;
  database: Database;
  jobs: Jobs;
}

export function openSending({ config, database }: Pick<Parts, 'config' | 'database'>): Sending {
  const { allowPrivateAddresses: allowPrivate, proxies } = config;
  return {
    db: database.db,
    vault: createVault(config.secret),
    // Some receivers answer slowly; the attempt as a whole has its own limit.
    dispatcher: safeDispatcher({ allowPrivate, proxies, timeoutMs: 20_000 }),
    allowPrivate,
  };
}

export function webhookQueues(parts: Parts): JobQueue<never>[] {
  const { database, jobs } = parts;
  const sending = openSending(parts);
  const attemptQueue: JobQueue<Attempt> = {
    name: attempts,
    concurrency: 4,
    // A job that dies is not repeated by its queue: the sweep finds the delivery, whatever became of the job.
    options: { retryLimit: 0 },
    async run({ delivery_id }) {
      const next = await attemptDelivery(sending, delivery_id);
      if (next) await jobs.send(attempts, { delivery_id }, { startAfter: next });
    },
  };
  const sweepQueue: JobQueue = {
    name: 'webhook-sweep',
    cron: '* * * * *',
    async run() {
      const overdue = await database.db
        .selectFrom('webhook_deliveries')
        .select('id')
        .where('status', '=', 'pending')
        .where('next_retry_at', '<', sql<Date>`now() - interval '30 seconds'`)
        .orderBy('next_retry_at')
        .limit(sweptAtOnce)
        .execute();
      for (const { id } of overdue) await enqueueDelivery(jobs, id);
    },
  };
  const purgeQueue: JobQueue = {
    name: 'webhook-purge',
    cron: '20 3 * * *',
    async run() {
      await database.db
        .deleteFrom('webhook_deliveries')
        .where('created_at', '<', sql<Date>`now() - make_interval(days => ${keptDays})`)
        .where('status', '!=', 'pending')
        .execute();
    },
  };
  return [attemptQueue, sweepQueue, purgeQueue] as JobQueue<never>[];
}

/** Every worker of a fleet hears of a delivery; the key keeps it to one job, and the claim to one attempt. */
const enqueueDelivery = (jobs: Jobs, delivery_id: string) =>
  jobs.send(attempts, { delivery_id }, { singletonKey: delivery_id });

/** Sends deliveries as soon as they are committed, instead of with the next sweep. For processes that work. */
export async function watchDeliveries({ database, jobs }: Parts, onError: (error: unknown) => void): Promise<void> {
  await database.listen(
    'overair_webhook',
    (delivery_id) => {
      enqueueDelivery(jobs, delivery_id).catch(onError);
    },
    // The sweep finds what was missed.
    () => {},
  );
}
