// The audit log: every change with who, what, before and after, in a signed chain; and the webhook deliveries it causes.

import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { appendEntry, type Entry, sorted } from './audit-chain.ts';
import type { Actor } from './caller.ts';

type Row = Record<string, unknown>;

interface Change {
  readonly org_id: string;
  readonly table_name: string;
  readonly record_id: string | number;
  /** Before; absent for what is new. */
  readonly before?: object | undefined;
  /** After; absent for what was deleted. */
  readonly after?: object | undefined;
}

const neverRecorded = new Set([
  'key_hash',
  'token_hash',
  'secret_hash',
  'secret_sealed',
  'authorization_sealed',
  'sealed',
  'manifest',
  'native_packages',
]);

/**
 * Writes the entry and queues its webhooks in the caller's transaction: both exist if and only if the change does.
 * An update that changed nothing leaves no trace.
 */
export async function recordChange(trx: Db, actor: Actor, change: Change): Promise<void> {
  const old_record = plainRecord(change.before);
  const new_record = plainRecord(change.after);
  const changed_fields = changedFields(change.before, change.after);
  if (changed_fields?.length === 0) return;
  const operation = !change.before ? 'INSERT' : !change.after ? 'DELETE' : 'UPDATE';
  const entry = {
    org_id: change.org_id,
    created_at: new Date(),
    table_name: change.table_name,
    record_id: String(change.record_id),
    operation,
    old_record,
    new_record,
    changed_fields,
    ...actor,
  } as const;
  const id = await appendEntry(trx, entry);
  await queueDeliveries(trx, id, entry);
}

/** As it will come back from jsonb: dates as text, nothing secret, nothing undefined. */
function plainRecord(row: object | undefined): Row | null {
  if (!row) return null;
  return JSON.parse(JSON.stringify(row, (name, value) => (neverRecorded.has(name) ? undefined : value)));
}

function changedFields(before: object | undefined, after: object | undefined): string[] | null {
  if (!before || !after) return null;
  const old = before as Row;
  const changed = Object.entries(after as Row)
    .filter(([name, value]) => JSON.stringify(sorted(value)) !== JSON.stringify(sorted(old[name])))
    .map(([name]) => name);
  return changed.every((name) => name === 'updated_at') ? [] : changed;
}

async function queueDeliveries(trx: Db, audit_log_id: number, entry: Entry): Promise<void> {
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
