// The chain of an organization's audit log: each entry is signed together with the hash of the one before, and the head is
// signed too, so that who writes into the database can neither change nor cut off what was logged without being seen.

import { createHash } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { AuditHeadsTable, AuditLogsTable } from '../db/tables/management.ts';
import { type AuditKey, auditKeyOf } from './audit-key.ts';
import { systemActor } from './caller.ts';

export type Entry = Omit<Selectable<AuditLogsTable>, 'id' | 'previous_hash' | 'entry_hash'>;

type Head = Pick<Selectable<AuditHeadsTable>, 'last_id' | 'last_hash' | 'seal'>;

export const firstHash = '0'.repeat(64);

/**
 * In front of the previous hash of an entry whose head was not as this server had left it. The change is logged all the
 * same, and the signature keeps the finding.
 */
export const UNPROVEN = 'unproven.';

/** Field order is fixed by sorting: jsonb does not keep it. */
const textOf = (previous_hash: string, entry: Entry) => `${previous_hash}\n${JSON.stringify(sorted(entry))}`;

export const signEntry = (key: AuditKey, previous_hash: string, entry: Entry): string =>
  key.sign(textOf(previous_hash, entry));

/** The form of entries from before the log was signed. */
export const hashPlainEntry = (previous_hash: string, entry: Entry): string =>
  createHash('sha256').update(textOf(previous_hash, entry)).digest('hex');

export const sealHead = (key: AuditKey, org_id: string, { last_id, last_hash }: Omit<Head, 'seal'>): string =>
  key.sign(`head\n${org_id}\n${last_id}\n${last_hash}`);

export const sealSigning = (key: AuditKey, signed_at: Date, chains: number): string =>
  key.sign(`signing\n${signed_at.toISOString()}\n${chains}`);

/** Adds the entry to its organization's chain and returns its id. */
export async function appendEntry(trx: Db, entry: Entry): Promise<number> {
  const key = auditKeyOf(trx);
  const head = await lockHead(trx, entry.org_id);
  const isProven = isNew(head) || head.seal === sealHead(key, entry.org_id, head);
  return append(trx, key, entry, isProven ? head.last_hash : UNPROVEN + head.last_hash);
}

const isNew = ({ last_id, last_hash }: Head) => last_id === null && last_hash === firstHash;

async function append(trx: Db, key: AuditKey, entry: Entry, previous_hash: string): Promise<number> {
  const { org_id, old_record, new_record } = entry;
  const entry_hash = signEntry(key, previous_hash, entry);
  const { id } = await trx
    .insertInto('audit_logs')
    .values({
      ...entry,
      old_record: old_record && JSON.stringify(old_record),
      new_record: new_record && JSON.stringify(new_record),
      previous_hash,
      entry_hash,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const head = { last_id: id, last_hash: entry_hash };
  await trx
    .updateTable('audit_heads')
    .set({ ...head, seal: sealHead(key, org_id, head) })
    .where('org_id', '=', org_id)
    .execute();
  return id;
}

async function lockHead(trx: Db, org_id: string): Promise<Head> {
  await trx
    .insertInto('audit_heads')
    .values({ org_id, last_id: null, last_hash: firstHash, seal: null })
    .onConflict((conflict) => conflict.column('org_id').doNothing())
    .execute();
  return trx
    .selectFrom('audit_heads')
    .select(['last_id', 'last_hash', 'seal'])
    .where('org_id', '=', org_id)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

/**
 * Ends every chain that was written before chains were signed with a signed entry, which holds all before it. Once: where
 * anything is signed already, a chain that is not was tampered with, and signing it would hide that.
 */
export async function signChains(db: Db): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(707245004)`.execute(trx);
    if (await isAnythingSigned(trx)) return;
    const key = auditKeyOf(trx);
    const heads = await trx
      .selectFrom('audit_heads')
      .select(['org_id', 'last_id', 'last_hash'])
      .where('last_id', 'is not', null)
      .orderBy('org_id')
      .forUpdate()
      .execute();
    const signed_at = new Date();
    for (const head of heads) await append(trx, key, switchOver(head, signed_at), head.last_hash);
    const seal = sealSigning(key, signed_at, heads.length);
    await trx.insertInto('audit_signing').values({ signed_at, chains: heads.length, seal }).execute();
  });
}

async function isAnythingSigned(trx: Db): Promise<boolean> {
  const { rows } = await sql<{ signed: boolean }>`select exists (select from audit_signing)
    or exists (select from audit_heads where seal is not null or last_hash like 'k1.%') as signed`.execute(trx);
  return rows[0]!.signed;
}

const switchOver = (
  { org_id, last_id, last_hash }: Omit<Head, 'seal'> & { org_id: string },
  created_at: Date,
): Entry => ({
  org_id,
  created_at,
  table_name: 'audit_logs',
  record_id: String(last_id),
  operation: 'INSERT',
  old_record: null,
  new_record: { signed_from_here: true, last_id, last_hash },
  changed_fields: null,
  ...systemActor,
});

/** Objects with their keys in order, dates as text. */
export function sorted(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([name, each]) => [name, sorted(each)]));
}
