// Attempts of a delivery: claimed by one worker, signed anew each time, repeated over hours, given up in the end.

import { randomUUID } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import { systemActor } from '../accounts/caller.ts';
import type { Db } from '../db/database.ts';
import type { WebhookDeliveriesTable } from '../db/tables/webhooks.ts';
import { waitBeforeRetry } from './backoff.ts';
import { disableWebhook, type WebhookRow, webhookSecretPurpose } from './registry.ts';
import type { WebhookRoom } from './room.ts';
import { type SendResult, send } from './send.ts';
import { signedHeaders } from './signature.ts';
import { assertWebhookUrl } from './url.ts';

/** How long a claim holds: longer than any attempt takes, so that only a dead worker's is taken over. */
const LEASE_SECONDS = 60;

interface Claimed
  extends Pick<
    Selectable<WebhookDeliveriesTable>,
    | 'id'
    | 'webhook_id'
    | 'org_id'
    | 'event_id'
    | 'event_type'
    | 'attempt_count'
    | 'max_attempts'
    | 'request_payload'
    | 'delivery_version'
  > {
  url: string;
  enabled: boolean;
  secret_sealed: string;
}

/** When to try again, or undefined when the delivery is over or somebody else's. */
export async function attemptDelivery(room: WebhookRoom, delivery_id: string): Promise<Date | undefined> {
  const claimed = await claim(room.db, delivery_id);
  if (!claimed) return undefined;
  const outcome = claimed.enabled ? await attempt(room, claimed) : disabled;
  const next = await settle(room.db, claimed, outcome);
  room.metrics.webhooks.of(next ? 'retried' : isDelivered(outcome) ? 'delivered' : 'failed').value++;
  return next;
}

const disabled: SendResult = {
  status: undefined,
  body: 'The webhook is disabled',
  retryAfter: undefined,
  durationMs: 0,
};

async function claim(db: Db, delivery_id: string): Promise<Claimed | undefined> {
  const { rows } = await sql<Claimed>`
    update webhook_deliveries d
    set attempt_count = attempt_count + 1, next_retry_at = now() + make_interval(secs => ${LEASE_SECONDS})
    from webhooks w
    where d.id = ${delivery_id} and w.id = d.webhook_id and d.status = 'pending'
      and d.next_retry_at <= now() + interval '1 second'
    returning d.id, d.webhook_id, d.org_id, d.event_id, d.event_type, d.attempt_count, d.max_attempts, d.request_payload,
      d.delivery_version, w.url, w.enabled, w.secret_sealed`.execute(db);
  return rows[0];
}

async function attempt({ vault, dispatcher, allowPrivate }: WebhookRoom, claimed: Claimed): Promise<SendResult> {
  try {
    assertWebhookUrl(claimed.url, allowPrivate);
  } catch (error) {
    return { ...disabled, body: (error as Error).message };
  }
  const body = JSON.stringify(claimed.request_payload);
  const secret = vault.open(claimed.secret_sealed, webhookSecretPurpose(claimed.webhook_id));
  const headers = signedHeaders(secret, claimed.delivery_version, {
    event: claimed.event_type,
    event_id: claimed.event_id,
    timestamp: Math.floor(Date.now() / 1000),
    body,
  });
  return send(dispatcher, claimed.url, headers, body);
}

const isDelivered = ({ status }: SendResult): boolean => status !== undefined && status >= 200 && status < 300;

async function settle(db: Db, claimed: Claimed, outcome: SendResult): Promise<Date | undefined> {
  const { status, body, durationMs } = outcome;
  const noted = { response_status: status ?? null, response_body: body, duration_ms: durationMs };
  const isOver =
    isDelivered(outcome) || status === 410 || !claimed.enabled || claimed.attempt_count >= claimed.max_attempts;
  if (isOver) {
    await finish(db, claimed, { ...noted, status: isDelivered(outcome) ? 'success' : 'failed' });
    return undefined;
  }
  const wait = waitBeforeRetry({
    attempt: claimed.attempt_count,
    status,
    retryAfter: outcome.retryAfter,
    nowMs: Date.now(),
    random: Math.random(),
  });
  const next_retry_at = new Date(Date.now() + wait);
  await db
    .updateTable('webhook_deliveries')
    .set({ ...noted, next_retry_at })
    .where('id', '=', claimed.id)
    .execute();
  return next_retry_at;
}

type Noted = {
  status: 'success' | 'failed';
  response_status: number | null;
  response_body: string;
  duration_ms: number;
};

/** Whoever says 410, or fails ten times over days, is not called again. A test is no reason to stop. */
async function finish(db: Db, claimed: Claimed, noted: Noted): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx
      .updateTable('webhook_deliveries')
      .set({ ...noted, next_retry_at: null, completed_at: sql<Date>`now()` })
      .where('id', '=', claimed.id)
      .execute();
    const isGivenUp = noted.status === 'failed' && (noted.response_status === 410 || claimed.max_attempts > 1);
    if (isGivenUp && claimed.enabled) await disableWebhook(trx, systemActor, claimed.org_id, claimed.webhook_id);
  });
}

interface Tested {
  success: boolean;
  status: number | null;
  duration_ms: number;
  response_preview: string;
  delivery_id: string;
  message: string;
}

const PREVIEW_LENGTH = 500;

/** Sends a test event now, once, and tells what came back. */
export async function testWebhook(room: WebhookRoom, webhook: WebhookRow): Promise<Tested> {
  assertWebhookUrl(webhook.url, room.allowPrivate);
  const { db } = room;
  const payload = testPayload(webhook);
  const { id } = await db
    .insertInto('webhook_deliveries')
    .values({
      webhook_id: webhook.id,
      org_id: webhook.org_id,
      event_id: payload.event_id,
      event_type: payload.event,
      request_payload: JSON.stringify(payload),
      delivery_version: webhook.delivery_version,
      max_attempts: 1,
      attempt_count: 1,
      // Claimed from the start: no worker sends it a second time.
      next_retry_at: sql<Date>`now() + make_interval(secs => ${LEASE_SECONDS})`,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const { secret_sealed } = await db
    .selectFrom('webhooks')
    .select('secret_sealed')
    .where('id', '=', webhook.id)
    .executeTakeFirstOrThrow();
  const claimed: Claimed = {
    ...{ id, webhook_id: webhook.id, org_id: webhook.org_id, url: webhook.url, enabled: true, secret_sealed },
    ...{ event_id: payload.event_id, event_type: payload.event, request_payload: payload },
    ...{ attempt_count: 1, max_attempts: 1, delivery_version: webhook.delivery_version },
  };
  const outcome = await attempt(room, claimed);
  await settle(db, claimed, outcome);
  const success = isDelivered(outcome);
  return {
    success,
    status: outcome.status ?? null,
    duration_ms: outcome.durationMs,
    response_preview: outcome.body.slice(0, PREVIEW_LENGTH),
    delivery_id: id,
    message: success ? 'Test webhook delivered successfully' : 'Test webhook delivery failed',
  };
}

function testPayload({ org_id, delivery_version }: WebhookRow) {
  const timestamp = new Date().toISOString();
  const event = 'test.ping';
  return {
    ...(delivery_version === 'standard' && { type: event }),
    event,
    event_id: randomUUID(),
    timestamp,
    org_id,
    data: {
      table: 'test',
      operation: 'TEST',
      record_id: 'test-record-id',
      old_record: null,
      new_record: { message: 'This is a test webhook', timestamp },
      changed_fields: null,
    },
  };
}
