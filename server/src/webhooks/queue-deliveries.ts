// The deliveries that an entry of the audit log causes.

import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Entry } from '../accounts/audit-chain.ts';
import type { Db } from '../db/database.ts';

/** For `onAuditEntry`: in the transaction of the change, so that a delivery exists if and only if the change does. */
export async function queueDeliveries(trx: Db, audit_log_id: number, entry: Entry): Promise<void> {
  const tables = eventTables(entry);
  const hooks = await trx
    .selectFrom('webhooks')
    .select(['id', 'events', 'delivery_version'])
    .where('org_id', '=', entry.org_id)
    .where('enabled', '=', true)
    .where(sql<boolean>`events && ${tables}::text[]`)
    .execute();
  if (hooks.length === 0) return;
  const deliveries = hooks.map(({ id, events, delivery_version }) => {
    const event_id = randomUUID();
    const event_type = `${tables.find((table) => events.includes(table))}.${entry.operation}`;
    const request_payload = JSON.stringify(webhookPayload(event_id, event_type, entry, delivery_version));
    return {
      webhook_id: id,
      org_id: entry.org_id,
      audit_log_id,
      event_id,
      event_type,
      delivery_version,
      request_payload,
    };
  });
  await trx.insertInto('webhook_deliveries').values(deliveries).execute();
}

/** The subscriptions an entry meets: its table, and `rollouts` for a channel whose rollout changed. */
function eventTables({ table_name, changed_fields }: Entry): string[] {
  const aboutRollout = changed_fields?.some((name) => name.startsWith('rollout_')) ?? false;
  return table_name === 'channels' && aboutRollout ? ['channels', 'rollouts'] : [table_name];
}

function webhookPayload(event_id: string, event: string, entry: Entry, delivery_version: 'legacy' | 'standard') {
  return {
    ...(delivery_version === 'standard' && { type: event }),
    event,
    event_id,
    timestamp: entry.created_at.toISOString(),
    org_id: entry.org_id,
    data: {
      table: entry.table_name,
      operation: entry.operation,
      record_id: entry.record_id,
      old_record: entry.old_record,
      new_record: entry.new_record,
      changed_fields: entry.changed_fields,
      actor_type: entry.actor_type,
      actor_user_id: entry.actor_user_id,
      actor_user_email: entry.actor_user_email,
      actor_apikey_id: entry.actor_apikey_id,
      actor_apikey_name: entry.actor_apikey_name,
    },
  };
}
