// Rows of apps that are gone: tables that many processes write to have no foreign keys, and deleting an app sweeps them in its
// own transaction. What was on its way meanwhile is swept later.

import { KNOWN_APPS } from './apps.ts';

/** One statement for one batch of such rows. `table` is not partitioned, and an index of it begins with `app_id` or it is small. */
export const deleteOrphansSql = (table: string, rowsAtOnce: number): string => `
delete from ${table} where ctid = any(array(
  select ctid from ${table} where app_id in (${unknownAppsSql(table)}) limit ${rowsAtOnce}))`;

/** Apps are few, rows are many: the index is walked from app to app. */
export const unknownAppsSql = (table: string): string => `
  with recursive known as (
    (select app_id from ${table} order by app_id limit 1)
    union all
    select (select t.app_id from ${table} t where t.app_id > known.app_id order by t.app_id limit 1)
    from known where known.app_id is not null
  )
  select app_id from known where app_id is not null and app_id not in ${KNOWN_APPS}`;
