// SQL names tables of its own folder alone, and each way to name one is found.

import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readFiles, readSources, type SourceFile } from './source.ts';
import { findForeignTables, findTablesWithoutOwner } from './tables.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const file = (path: string, text: string): SourceFile => ({ path, text });

describe('this tree', () => {
  test('names each table in the SQL of its owner alone', () =>
    expect(findForeignTables(readSources(root))).toEqual([]));
  test('has an owner for each table', () =>
    expect(findTablesWithoutOwner(readFiles(root, 'server/migrations/*.sql'))).toEqual([]));
});

const foreign: [string, string][] = [
  ['a select in raw SQL', 'sql`select 1 from bundles where app_id = $1`'],
  ['a join', 'sql`select 1 from x join channels c on true`'],
  ['the second table of a list', 'sql`select 1 from x as y, channels c`'],
  ['an insert', 'sql`insert into bundles (id) values (1)`'],
  ['an update', 'sql`update channels set name = $1`'],
  ['a delete that looks into it', 'sql`delete from x using channels c where c.id = x.id`'],
  ['a locked table', 'sql`lock table only bundles`'],
  ['a statement over lines', 'const text = `\nselect 1\nfrom\n  bundles`'],
  ['a Kysely select', `db.selectFrom('bundles as b')`],
  ['a Kysely join on its own line', `  .innerJoin('bundles', 'x.a', 'x.id')`],
  ['a Kysely insert', `trx.insertInto('channels')`],
  ['a list of tables', `db.selectFrom(['x', 'channels as c'])`],
  ['a column of it', `query.where('channels.name', '=', name)`],
  ['a reference', `sql.ref('channels.name')`],
];

test.each(foreign)('%s of another room is found', (_, text) => {
  expect(findForeignTables([file('server/src/stats/a.ts', text)], [])).toHaveLength(1);
  expect(findForeignTables([file('server/src/releases/a.ts', text)], [])).toEqual([]);
});

const harmless: [string, string][] = [
  ['a comment', '// reads from bundles\nexport const a = 1;'],
  ['a list of that name', 'bundles.map((bundle) => bundle.id)'],
  ['a longer name', 'sql`select 1 from bundles_seen`'],
  ['an import', `import { x } from './channels.ts';`],
  ['a function of that name', 'sql`select 1 from devices(1)`'],
];

test.each(harmless)('%s is no use of a table', (_, text) => {
  expect(findForeignTables([file('server/src/stats/a.ts', text)], [])).toEqual([]);
});

test('a place that is listed may stay, and the list says when it is gone', () => {
  const uses = file('server/src/stats/a.ts', 'sql`select 1 from bundles`');
  const listed = [{ path: 'stats/a.ts', tables: 'bundles channels', reason: 'a test' }];
  expect(findForeignTables([uses], listed)).toEqual([
    'server/src/stats/a.ts channels is listed in table-owners.ts and is gone.',
  ]);
});

test('a table that nobody owns is found', () => {
  const text = 'create table bundles (\n);\ncreate table strays (\n);';
  expect(findTablesWithoutOwner([file('server/migrations/0099-a.sql', text)])).toEqual([
    'server/migrations/0099-a.sql makes strays, which has no owner in table-owners.ts.',
  ]);
});
