// Rows of any table out of a database and into another, as JSON: both engines print and read every type of column alike.

import { quoted, type Table } from './catalog.ts';
import type { Connection } from './database.ts';

const ROWS_AT_ONCE = 1_000;

/** Calls `take` with the rows of a table, a JSON object each. Inside a transaction, which decides what moment they show. */
export async function readRows(
  connection: Connection,
  { name }: Pick<Table, 'name'>,
  take: (rows: readonly string[]) => Promise<void>,
): Promise<void> {
  await connection.query(
    `declare table_rows no scroll cursor for select to_json(t)::text as row from ${quoted(name)} t`,
    [],
  );
  for (;;) {
    const { rows } = await connection.query(`fetch ${ROWS_AT_ONCE} from table_rows`, []);
    if (rows.length === 0) break;
    await take(rows.map(({ row }) => row as string));
  }
  await connection.query('close table_rows', []);
}

/** Writes rows that `readRows` gave, with the ids that they had. The triggers of the table do not run. */
export async function writeRows(
  connection: Connection,
  { name, columns }: Table,
  rows: readonly string[],
): Promise<void> {
  const list = columns.map(quoted).join(', ');
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const part = `[${rows.slice(from, from + ROWS_AT_ONCE).join(',')}]`;
    await connection.query(
      `insert into ${quoted(name)} (${list}) overriding system value
       select ${list} from json_populate_recordset(null::${quoted(name)}, $1::json)`,
      [part],
    );
  }
}

/** Makes the tables ready for `writeRows`: their partitions are there, and no trigger answers. */
export async function beginWriting(connection: Connection, tables: readonly Table[]): Promise<void> {
  for (const { name, partitions } of tables) {
    for (const each of partitions) {
      await connection.query(
        `create table if not exists ${quoted(each.name)} partition of ${quoted(name)} ${each.bounds}`,
        [],
      );
    }
    await connection.query(`alter table ${quoted(name)} disable trigger user`, []);
  }
}

/** Afterwards: triggers answer again, and new rows get ids above the old ones. */
export async function endWriting(connection: Connection, tables: readonly Table[]): Promise<void> {
  for (const { name, sequences } of tables) {
    await connection.query(`alter table ${quoted(name)} enable trigger user`, []);
    for (const { column, last_value, is_called } of sequences) {
      await connection.query('select setval(pg_get_serial_sequence($1, $2), $3, $4)', [
        quoted(name),
        column,
        last_value,
        is_called,
      ]);
    }
  }
}

export async function haveRows(connection: Connection, tables: readonly Pick<Table, 'name'>[]): Promise<boolean> {
  for (const { name } of tables) {
    const { rows } = await connection.query(`select from ${quoted(name)} limit 1`, []);
    if (rows.length > 0) return true;
  }
  return false;
}
