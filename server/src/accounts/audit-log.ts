// Reading the audit log.

import type { Db } from '../db/database.ts';
import { pageOffset } from '../db/page-offset.ts';
import type { AuditLogsTable } from '../db/tables/management.ts';

export const auditColumns = [
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

const MAX_PAGE_SIZE = 100;

interface AuditFilter {
  tableName?: string | undefined;
  operation?: string | undefined;
  /** Only entries older than this one: steady while entries are added. */
  before?: number | undefined;
  page: number;
  limit: number;
}

/** Newest first. */
export async function listAudit(db: Db, org_id: string, filter: AuditFilter) {
  const limit = Math.min(filter.limit, MAX_PAGE_SIZE);
  let query = db.selectFrom('audit_logs').where('org_id', '=', org_id);
  if (filter.tableName) query = query.where('table_name', '=', filter.tableName);
  if (filter.operation) query = query.where('operation', '=', filter.operation as 'INSERT');
  const { total } = await query.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  if (filter.before !== undefined) query = query.where('id', '<', filter.before);
  const rows = await query
    .select(auditColumns)
    .orderBy('id', 'desc')
    .limit(limit)
    .offset(pageOffset(filter.page, limit))
    .execute();
  const data = rows.map((row) => ({ ...row, user_id: row.actor_user_id }));
  return { data, total, page: filter.page, limit };
}
