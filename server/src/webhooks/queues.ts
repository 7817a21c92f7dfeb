// Background work of webhooks: attempts, a sweep for attempts that were lost, and an end to old deliveries.

import { sql } from 'kysely';
import type { Database } from '../db/database.ts';
import type { JobQueue, Jobs } from '../jobs/open.ts';
import { attemptDelivery } from './deliver.ts';
import type { WebhookRoom } from './room.ts';

const ATTEMPTS = 'webhook-attempts';
const KEPT_DAYS = 7;
const SWEPT_AT_ONCE = 1000;

interface Attempt {
  delivery_id: string;
}

interface QueueParts {
  database: Database;
  jobs: Jobs;
  webhooks: WebhookRoom;
}

export function webhookQueues({ database, jobs, webhooks }: QueueParts): JobQueue<never>[] {
  const attemptQueue: JobQueue<Attempt> = {
    name: ATTEMPTS,
    concurrency: 4,
    // A job that dies is not repeated by its queue: the sweep finds the delivery, whatever became of the job.
    options: { retryLimit: 0 },
    async run({ delivery_id }) {
      const next = await attemptDelivery(webhooks, delivery_id);
      if (next) await jobs.send(ATTEMPTS, { delivery_id }, { startAfter: next });
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
        .limit(SWEPT_AT_ONCE)
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
        .where('created_at', '<', sql<Date>`now() - make_interval(days => ${KEPT_DAYS})`)
        .where('status', '!=', 'pending')
        .execute();
    },
  };
  return [attemptQueue, sweepQueue, purgeQueue] as JobQueue<never>[];
}

/** Every worker of a fleet hears of a delivery; the key keeps it to one job, and the claim to one attempt. */
const enqueueDelivery = (jobs: Jobs, delivery_id: string) =>
  jobs.send(ATTEMPTS, { delivery_id }, { singletonKey: delivery_id });

/** Sends deliveries as soon as they are committed, instead of with the next sweep. For processes that work. */
export async function watchDeliveries(
  { database, jobs }: Omit<QueueParts, 'webhooks'>,
  onError: (error: unknown) => void,
): Promise<void> {
  await database.listen(
    'overair_webhook',
    (delivery_id) => {
      enqueueDelivery(jobs, delivery_id).catch(onError);
    },
    // The sweep finds what was missed.
    () => {},
  );
}
