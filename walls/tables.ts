// The walls around tables: SQL names only tables of its own folder.

import { isTestCode, type SourceFile, withoutComments } from './source.ts';
import { FOREIGN_TABLES, TABLES } from './table-owners.ts';

const owners: ReadonlyMap<string, string> = new Map(
  Object.entries(TABLES).flatMap(([owner, tables]) => tables.split(' ').map((table) => [table, owner] as const)),
);

const names = [...owners.keys()].sort((a, b) => b.length - a.length).join('|');

/**
 * How SQL names a table. In text: `from apps`, `from x, apps`, `join apps a`, `insert into apps`, `delete … using apps`,
 * `lock table only apps`. In Kysely's calls: `.selectFrom('apps as a')`, `.selectFrom(['apps', …])`. And as the table of a
 * column, where whole tables are not given another name: `sql.ref('apps.name')`, `.where('apps.name', …)`.
 */
const usePattern = new RegExp(
  [
    `\\b(?:into|update|table|only|truncate)\\s+(?:only\\s+)?"?(${names})\\b`,
    `\\b(?:from|join|using)\\s+"?(${names})\\b(?!\\s*\\()`,
    `\\bfrom\\s+[\\w".]+(?:\\s+(?:as\\s+)?\\w+)?\\s*,\\s*(?:lateral\\s+)?"?(${names})\\b`,
    `(?:From|Into|Join|updateTable|using|sql\\.table)\\(\\s*(?:\\[[^\\]]*)?['"\`](${names})(?=['"\` ])`,
    `['"\`](${names})\\.[a-z_]+(?: as \\w+)?['"\`]`,
  ].join('|'),
  'g',
);

interface TableUse {
  readonly path: string;
  readonly line: number;
  readonly table: string;
  readonly owner: string;
}

/** Every place of the server outside tests where SQL names a table of another folder. */
function findForeignUses(files: readonly SourceFile[]): TableUse[] {
  return files.filter(isJudged).flatMap(({ path, text }) => {
    const code = withoutComments(text);
    return [...code.matchAll(usePattern)].flatMap((match) => {
      const table = match.slice(1).find((name) => name !== undefined) as string;
      const owner = owners.get(table) as string;
      const isOwn = path === `server/src/${owner}` || path.startsWith(`server/src/${owner}/`);
      return isOwn ? [] : [{ path, line: code.slice(0, match.index).split('\n').length, table, owner }];
    });
  });
}

/** The row types of `db/tables/` are shared by all. */
const isJudged = ({ path }: SourceFile): boolean =>
  path.startsWith('server/src/') &&
  !path.startsWith('server/src/db/tables/') &&
  !path.includes('/conformance/') &&
  !isTestCode(path);

/** One sentence for each use of another folder's table that is not listed, and for each that is listed and gone. */
export function findForeignTables(files: readonly SourceFile[], listed = FOREIGN_TABLES): string[] {
  const uses = findForeignUses(files);
  const excused = listed.flatMap(({ path, tables }) => tables.split(' ').map((table) => `server/src/${path} ${table}`));
  const used = new Set(uses.map(({ path, table }) => `${path} ${table}`));
  return [
    ...uses
      .filter(({ path, table }) => !excused.includes(`${path} ${table}`))
      .map(({ path, line, table, owner }) => `${path}:${line} names ${table}, a table of ${owner}.`),
    ...excused.filter((each) => !used.has(each)).map((each) => `${each} is listed in table-owners.ts and is gone.`),
  ];
}

/** One sentence for each table that a migration makes and nobody owns. */
export function findTablesWithoutOwner(migrations: readonly SourceFile[]): string[] {
  return migrations.flatMap(({ path, text }) =>
    [...text.matchAll(/^create table (?:if not exists )?(\w+)/gm)].flatMap(([, table = '']) =>
      owners.has(table) || isPartition(table) ? [] : [`${path} makes ${table}, which has no owner in table-owners.ts.`],
    ),
  );
}

const isPartition = (table: string): boolean => /_p?\d+$/.test(table);
