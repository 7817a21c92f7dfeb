// The deliveries that an entry of the audit log causes, and those of what the server notices by itself.

import { randomUUID } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import type { Entry } from '../accounts/audit-chain.ts';
import { systemActor } from '../accounts/caller.ts';
import type { Db } from '../db/database.ts';
import type { WebhooksTable } from '../db/tables/webhooks.ts';

/** A payload each: PGlite answers nobody while it works on a statement. */
const ROWS_PER_STATEMENT = 200;

/** What receivers are told: the part of an audit entry that is theirs to know. */
type Told = Omit<Entry, 'actor_ip'>;

/** For `onAuditEntry`: in the transaction of the change, so that a delivery exists if and only if the change does. */
export function queueDeliveries(trx: Db, audit_log_id: number, entry: Entry): Promise<void> {
  return queue(trx, [entry], audit_log_id);
}

interface Notice {
  readonly org_id: string;
  readonly table_name: string;
  readonly record_id: string;
  /** INSERT: it is there now. DELETE: it is over. */
  readonly operation: 'INSERT' | 'DELETE';
  readonly record: Record<string, unknown>;
}

/** For what nobody changed, and no audit log holds. In the transaction that notices it. */
export function queueNotices(trx: Db, notices: readonly Notice[]): Promise<void> {
  const created_at = new Date();
  const told = notices.map(({ record, ...notice }) => {
    const isNew = notice.operation === 'INSERT';
    const records = { old_record: isNew ? null : record, new_record: isNew ? record : null, changed_fields: null };
    return { ...systemActor, ...notice, ...records, created_at };
  });
  return queue(trx, told, null);
}

async function queue(trx: Db, told: readonly Told[], audit_log_id: number | null): Promise<void> {
  const hooks = await trx
    .selectFrom('webhooks')
    .select(['id', 'org_id', 'events', 'delivery_version'])
    .where('org_id', 'in', [...new Set(told.map(({ org_id }) => org_id))])
    .where('enabled', '=', true)
    .where(sql<boolean>`events && ${[...new Set(told.flatMap(eventTables))]}::text[]`)
    .execute();
  const deliveries = told.flatMap((each) =>
    hooks.filter(({ org_id }) => org_id === each.org_id).flatMap((hook) => deliveryOf(hook, each, audit_log_id)),
  );
  for (let from = 0; from < deliveries.length; from += ROWS_PER_STATEMENT) {
    const some = deliveries.slice(from, from + ROWS_PER_STATEMENT);
    await trx.insertInto('webhook_deliveries').values(some).execute();
  }
}

type Hook = Pick<Selectable<WebhooksTable>, 'id' | 'org_id' | 'events' | 'delivery_version'>;

function deliveryOf({ id, events, delivery_version }: Hook, told: Told, audit_log_id: number | null) {
  const table = eventTables(told).find((each) => events.includes(each));
  if (table === undefined) return [];
  const event_id = randomUUID();
  const event_type = `${table}.${told.operation}`;
  const request_payload = JSON.stringify(webhookPayload(event_id, event_type, told, delivery_version));
  const { org_id } = told;
  return [{ webhook_id: id, org_id, audit_log_id, event_id, event_type, delivery_version, request_payload }];
}

/** The subscriptions that fit: its table, and `rollouts` for a channel whose rollout changed. */
function eventTables({ table_name, changed_fields }: Told): string[] {
  const aboutRollout = changed_fields?.some((name) => name.startsWith('rollout_')) ?? false;
  return table_name === 'channels' && aboutRollout ? ['channels', 'rollouts'] : [table_name];
}

function webhookPayload(event_id: string, event: string, told: Told, delivery_version: 'legacy' | 'standard') {
  return {
    ...(delivery_version === 'standard' && { type: event }),
    event,
    event_id,
    timestamp: told.created_at.toISOString(),
    org_id: told.org_id,
    data: {
      table: told.table_name,
      operation: told.operation,
      record_id: told.record_id,
      old_record: told.old_record,
      new_record: told.new_record,
      changed_fields: told.changed_fields,
      actor_type: told.actor_type,
      actor_user_id: told.actor_user_id,
      actor_user_email: told.actor_user_email,
      actor_apikey_id: told.actor_apikey_id,
      actor_apikey_name: told.actor_apikey_name,
    },
  };
}
