// What tables a database has, as its own catalog says: for what treats all of them alike.

import type { Connection } from './database.ts';

export interface Table {
  readonly name: string;
  /** Those that a row is made of; generated ones follow from them. */
  readonly columns: readonly string[];
  readonly partitions: readonly Partition[];
  readonly sequences: readonly Sequence[];
}

interface Partition {
  readonly name: string;
  /** `FOR VALUES FROM ('2026-11-27') TO ('2026-11-28')` */
  readonly bounds: string;
}

/** The numbers of an identity column: where it stands. */
interface Sequence {
  readonly column: string;
  readonly last_value: number;
  readonly is_called: boolean;
}

const tablesSql = `
select c.relname as name,
  (select json_agg(a.attname order by a.attnum) from pg_attribute a
   where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
  (select coalesce(json_agg(a.attname), '[]') from pg_attribute a
   where a.attrelid = c.oid and a.attidentity <> '' and not a.attisdropped) as identities,
  (select coalesce(json_agg(json_build_object('name', p.relname, 'bounds', pg_get_expr(p.relpartbound, p.oid)) order by p.relname), '[]')
   from pg_inherits i join pg_class p on p.oid = i.inhrelid
   where i.inhparent = c.oid and not i.inhdetachpending) as partitions,
  (select coalesce(json_agg(distinct other.relname), '[]') from pg_constraint f join pg_class other on other.oid = f.confrelid
   where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid) as needs
from pg_class c
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
order by c.relname`;

interface Row {
  name: string;
  columns: string[];
  identities: string[];
  partitions: Partition[];
  needs: string[];
}

/** The tables of the connection's schema, each after those that its foreign keys name. */
export async function readTables(connection: Pick<Connection, 'query'>): Promise<Table[]> {
  const rows = (await connection.query(tablesSql, [])).rows as unknown as Row[];
  const tables: Table[] = [];
  for (const { name, columns, partitions, identities } of inOrder(rows)) {
    const sequences: Sequence[] = [];
    for (const column of identities) sequences.push({ column, ...(await readSequence(connection, name, column)) });
    tables.push({ name, columns, partitions, sequences });
  }
  return tables;
}

async function readSequence(connection: Pick<Connection, 'query'>, table: string, column: string) {
  const sequence = `pg_get_serial_sequence($1, $2)`;
  const { rows } = await connection.query(`select ${sequence} as name`, [quoted(table), column]);
  // The name comes from the catalog, quoted where it has to be.
  const [state] = (await connection.query(`select last_value, is_called from ${rows[0]!['name']}`, [])).rows;
  return { last_value: Number(state!['last_value']), is_called: state!['is_called'] === true };
}

function inOrder(rows: readonly Row[]): Row[] {
  const done = new Set<string>();
  const ordered: Row[] = [];
  let left = [...rows];
  while (left.length > 0) {
    const ready = left.filter(({ needs }) => needs.every((need) => done.has(need)));
    if (ready.length === 0) throw new Error(`Foreign keys go in a circle: ${left.map(({ name }) => name).join(', ')}`);
    for (const row of ready) {
      done.add(row.name);
      ordered.push(row);
    }
    left = left.filter(({ name }) => !done.has(name));
  }
  return ordered;
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
