// Reading the audit log, and proving that nobody changed it.

import type { Db } from '../db/open.ts';
import type { AuditLogsTable } from '../db/tables/management.ts';
import { hashEntry } from './audit.ts';

const columns = [
  'id',
  'org_id',
  'created_at',
  'table_name',
  'record_id',
  'operation',
  'old_record',
  'new_record',
  'changed_fields',
  'actor_type',
  'actor_user_id',
  'actor_user_email',
  'actor_apikey_id',
  'actor_apikey_name',
  'actor_ip',
  'previous_hash',
  'entry_hash',
] as const satisfies readonly (keyof AuditLogsTable)[];

const maxPageSize = 100;

export interface AuditFilter {
  tableName?: string | undefined;
  operation?: string | undefined;
  /** Only entries older than this one: steady while entries are added. */
  before?: number | undefined;
  page: number;
  limit: number;
}

/** Newest first. */
export async function listAudit(db: Db, org_id: string, filter: AuditFilter) {
  const limit = Math.min(filter.limit, maxPageSize);
  let query = db.selectFrom('audit_logs').where('org_id', '=', org_id);
  if (filter.tableName) query = query.where('table_name', '=', filter.tableName);
  if (filter.operation) query = query.where('operation', '=', filter.operation as 'INSERT');
  const { total } = await query.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  if (filter.before !== undefined) query = query.where('id', '<', filter.before);
  const rows = await query
    .select(columns)
    .orderBy('id', 'desc')
    .limit(limit)
    .offset(filter.page * limit)
    .execute();
  const data = rows.map((row) => ({ ...row, user_id: row.actor_user_id }));
  return { data, total, page: filter.page, limit };
}

export interface ChainProof {
  valid: boolean;
  checked: number;
  broken_at: number | null;
}

const checkedAtOnce = 1000;

/** Recomputes the newest `most` links, from the head backwards: a changed, removed or added entry breaks the chain. */
export async function verifyChain(db: Db, org_id: string, most: number): Promise<ChainProof> {
  const head = await db
    .selectFrom('audit_heads')
    .select(['last_id', 'last_hash'])
    .where('org_id', '=', org_id)
    .executeTakeFirst();
  let expected = head?.last_hash;
  let below = head?.last_id == null ? 0 : head.last_id + 1;
  let checked = 0;
  while (below > 0 && checked < most) {
    const rows = await db
      .selectFrom('audit_logs')
      .select(columns)
      .where('org_id', '=', org_id)
      .where('id', '<', below)
      .orderBy('id', 'desc')
      .limit(Math.min(checkedAtOnce, most - checked))
      .execute();
    for (const { id, previous_hash, entry_hash, ...entry } of rows) {
      const isSound = entry_hash === expected && hashEntry(previous_hash, entry) === entry_hash;
      if (!isSound) return { valid: false, checked, broken_at: id };
      expected = previous_hash;
      checked += 1;
    }
    if (rows.length === 0) return endOfChain(expected, checked);
    below = rows.at(-1)!.id;
  }
  return { valid: true, checked, broken_at: null };
}

/** The oldest entry hangs on nothing; one that names a predecessor has lost it. */
const endOfChain = (expected: string | undefined, checked: number): ChainProof => ({
  valid: expected === undefined || /^0+$/.test(expected),
  checked,
  broken_at: null,
});
