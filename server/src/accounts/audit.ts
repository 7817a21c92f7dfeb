// The audit log: every change with who, what, before and after, in a signed chain.

import type { AuditTable } from '@overair/protocol/manage/audit';
import type { Db } from '../db/database.ts';
import { appendEntry, type Entry, sorted } from './audit-chain.ts';
import { handleOf } from './audit-key.ts';
import type { Actor } from './caller.ts';

type Row = Record<string, unknown>;

interface Change {
  readonly org_id: string;
  readonly table_name: AuditTable;
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

/** Hears of every entry, in the transaction that writes it. */
type AuditListener = (trx: Db, audit_log_id: number, entry: Entry) => Promise<void>;

const listeners = new WeakMap<object, AuditListener>();

/** One for each database: the webhooks, which stand above this room. */
export function onAuditEntry(db: Db, listener: AuditListener): void {
  listeners.set(handleOf(db), listener);
}

/** Without one webhooks would be lost in silence. */
function listenerOf(db: Db): AuditListener {
  const listener = listeners.get(handleOf(db));
  if (!listener) throw new Error('The audit log cannot be written: onAuditEntry was not called for this database');
  return listener;
}

/**
 * Writes the entry and lets webhooks be queued in the caller's transaction: both exist if and only if the change does.
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
  await listenerOf(trx)(trx, id, entry);
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
