// The log of deliveries: reading it, and sending one again.

import { type Selectable, sql } from 'kysely';
import { isUuid } from '../accounts/permissions.ts';
import type { Db } from '../db/database.ts';
import { pageOffset } from '../db/page-offset.ts';
import type { WebhookDeliveriesTable } from '../db/tables/webhooks.ts';
import { AppError } from '../errors.ts';
import { getWebhook } from './registry.ts';
import { assertWebhookUrl } from './url.ts';

const columns = [
  'id',
  'webhook_id',
  'org_id',
  'audit_log_id',
  'event_id',
  'event_type',
  'status',
  'request_payload',
  'response_status',
  'response_body',
  'attempt_count',
  'max_attempts',
  'next_retry_at',
  'created_at',
  'completed_at',
  'duration_ms',
  'delivery_version',
] as const satisfies readonly (keyof WebhookDeliveriesTable)[];

type DeliveryRow = Selectable<WebhookDeliveriesTable>;

const PAGE_SIZE = 50;

interface DeliveryFilter {
  org_id: string;
  webhook_id: string;
  page: number;
  status?: DeliveryRow['status'];
}

/** Newest first. */
export async function listDeliveries(db: Db, { org_id, webhook_id, page, status }: DeliveryFilter) {
  await getWebhook(db, org_id, webhook_id);
  let query = db.selectFrom('webhook_deliveries').where('webhook_id', '=', webhook_id).where('org_id', '=', org_id);
  if (status) query = query.where('status', '=', status);
  const { total } = await query.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const deliveries = await query
    .select(columns)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(PAGE_SIZE)
    .offset(pageOffset(page, PAGE_SIZE))
    .execute();
  const has_more = (page + 1) * PAGE_SIZE < total;
  return { deliveries, pagination: { page, per_page: PAGE_SIZE, total, has_more } };
}

/** Starts a failed delivery over. It keeps its event id, so a receiver can see that it knows it. */
export async function retryDelivery(db: Db, org_id: string, delivery_id: string, allowPrivate: boolean) {
  await db.transaction().execute(async (trx) => {
    const delivery = await findDelivery(trx, org_id, delivery_id);
    if (!delivery) throw new AppError('delivery_not_found', 400, 'Delivery not found');
    if (delivery.status !== 'failed') {
      throw new AppError('delivery_not_failed', 400, 'Only failed deliveries can be retried', {
        status: delivery.status,
      });
    }
    const webhook = await getWebhook(trx, org_id, delivery.webhook_id);
    if (!webhook.enabled) throw new AppError('webhook_disabled', 400, 'Webhook is disabled');
    assertWebhookUrl(webhook.url, allowPrivate);
    await trx
      .updateTable('webhook_deliveries')
      .set({
        status: 'pending',
        attempt_count: 0,
        max_attempts: 10,
        next_retry_at: sql<Date>`now()`,
        completed_at: null,
      })
      .where('id', '=', delivery_id)
      .execute();
    await sql`select pg_notify('overair_webhook', ${delivery_id})`.execute(trx);
  });
}

async function findDelivery(trx: Db, org_id: string, delivery_id: string): Promise<DeliveryRow | undefined> {
  if (!isUuid(delivery_id)) return undefined;
  return trx
    .selectFrom('webhook_deliveries')
    .select(columns)
    .where('id', '=', delivery_id)
    .where('org_id', '=', org_id)
    .forUpdate()
    .executeTakeFirst();
}
