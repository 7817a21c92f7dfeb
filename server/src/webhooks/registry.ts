// Webhooks of an organization: making, reading, changing and deleting them.

import { randomUUID } from 'node:crypto';
import { type CreateWebhook, type UpdateWebhook, webhookEvents } from '@overair/protocol/manage/webhook';
import { type Selectable, sql } from 'kysely';
import { recordChange } from '../accounts/audit.ts';
import type { Actor, Caller } from '../accounts/caller.ts';
import { isUuid } from '../accounts/permissions.ts';
import { stripTags } from '../accounts/plain-text.ts';
import type { Db } from '../db/database.ts';
import { pageOffset } from '../db/page-offset.ts';
import type { WebhooksTable } from '../db/tables/webhooks.ts';
import { AppError } from '../errors.ts';
import type { Vault } from '../secrets.ts';
import { newSecret } from './signature.ts';
import { assertReachableUrl } from './url.ts';

const columns = [
  'id',
  'org_id',
  'name',
  'url',
  'enabled',
  'events',
  'delivery_version',
  'created_by',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof WebhooksTable)[];

/** Without its secret. */
export type WebhookRow = Omit<Selectable<WebhooksTable>, 'secret_sealed'>;

const PAGE_SIZE = 50;

export const webhookSecretPurpose = (webhook_id: string) => `webhook ${webhook_id}`;

const webhookNotFound = () => new AppError('webhook_not_found', 400, 'Webhook not found');

/** Newest first. */
export async function listWebhooks(db: Db, org_id: string, page: number): Promise<WebhookRow[]> {
  return db
    .selectFrom('webhooks')
    .select(columns)
    .where('org_id', '=', org_id)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(PAGE_SIZE)
    .offset(pageOffset(page, PAGE_SIZE))
    .execute();
}

/** Of this organization; one of another has its own refusal. */
export async function getWebhook(db: Db, org_id: string, webhook_id: string): Promise<WebhookRow> {
  if (!isUuid(webhook_id)) throw webhookNotFound();
  const row = await db.selectFrom('webhooks').select(columns).where('id', '=', webhook_id).executeTakeFirst();
  if (!row) throw webhookNotFound();
  if (row.org_id !== org_id) throw new AppError('no_permission', 400, 'Webhook does not belong to this organization');
  return row;
}

export async function readStats(db: Db, { id, org_id }: WebhookRow) {
  const rows = await db
    .selectFrom('webhook_deliveries')
    .select(['status', (eb) => eb.fn.countAll<number>().as('count')])
    .where('webhook_id', '=', id)
    .where('org_id', '=', org_id)
    .where('created_at', '>', sql<Date>`now() - interval '24 hours'`)
    .groupBy('status')
    .execute();
  const count = (status: string) => rows.find((row) => row.status === status)?.count ?? 0;
  return { success: count('success'), failed: count('failed'), pending: count('pending') };
}

interface Making {
  vault: Vault;
  allowPrivate: boolean;
}

/** The only answer with the secret. */
export async function createWebhook(db: Db, caller: Caller, actor: Actor, input: CreateWebhook, making: Making) {
  assertEvents(input.events);
  await assertReachableUrl(input.url, making.allowPrivate);
  const id = randomUUID();
  const secret = newSecret();
  return db.transaction().execute(async (trx) => {
    const row = await trx
      .insertInto('webhooks')
      .values({
        id,
        org_id: input.orgId,
        name: stripTags(input.name),
        url: input.url,
        secret_sealed: making.vault.seal(secret, webhookSecretPurpose(id)),
        enabled: input.enabled ?? true,
        events: [...new Set(input.events)],
        delivery_version: input.deliveryVersion ?? 'legacy',
        created_by: caller.user_id,
      })
      .returning(columns)
      .executeTakeFirstOrThrow();
    await record(trx, actor, undefined, row);
    return { ...row, secret };
  });
}

function assertEvents(events: readonly string[]): void {
  const allowed: readonly string[] = webhookEvents;
  const invalid = events.filter((event) => !allowed.includes(event));
  if (invalid.length > 0) throw new AppError('invalid_events', 400, 'Invalid webhook events', { invalid, allowed });
}

export async function updateWebhook(db: Db, actor: Actor, input: UpdateWebhook, allowPrivate: boolean) {
  const { orgId, webhookId, name, url, events, enabled, deliveryVersion } = input;
  if (events) assertEvents(events);
  // Whose webhook it is comes first, as the contract lists it.
  await getWebhook(db, orgId, webhookId);
  if (url !== undefined) await assertReachableUrl(url, allowPrivate);
  return db.transaction().execute(async (trx) => {
    const before = await getWebhook(trx, orgId, webhookId);
    const change = {
      ...(name !== undefined && { name: stripTags(name) }),
      ...(url !== undefined && { url }),
      ...(events && { events: [...new Set(events)] }),
      ...(enabled !== undefined && { enabled }),
      ...(deliveryVersion && { delivery_version: deliveryVersion }),
    };
    if (Object.keys(change).length === 0) throw new AppError('no_updates', 400, 'No fields to update');
    const after = await trx
      .updateTable('webhooks')
      .set({ ...change, updated_at: sql<Date>`clock_timestamp()` })
      .where('id', '=', webhookId)
      .where('org_id', '=', orgId)
      .returning(columns)
      .executeTakeFirstOrThrow();
    await record(trx, actor, before, after);
    return after;
  });
}

export async function deleteWebhook(db: Db, actor: Actor, org_id: string, webhook_id: string): Promise<string> {
  return db.transaction().execute(async (trx) => {
    const before = await getWebhook(trx, org_id, webhook_id);
    await trx.deleteFrom('webhooks').where('id', '=', before.id).where('org_id', '=', org_id).execute();
    await record(trx, actor, before, undefined);
    return before.id;
  });
}

/** A receiver that is gone, or failed for days, is left alone until its owner turns the webhook on again. */
export async function disableWebhook(trx: Db, actor: Actor, org_id: string, webhook_id: string): Promise<void> {
  const before = await getWebhook(trx, org_id, webhook_id);
  if (!before.enabled) return;
  await trx.updateTable('webhooks').set({ enabled: false }).where('id', '=', webhook_id).execute();
  await record(trx, actor, before, { ...before, enabled: false });
}

const record = (trx: Db, actor: Actor, before: WebhookRow | undefined, after: WebhookRow | undefined) => {
  const { id, org_id } = (after ?? before)!;
  return recordChange(trx, actor, { org_id, table_name: 'webhooks', record_id: id, before, after });
};
