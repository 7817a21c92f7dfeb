// Loads a backup into an empty database and its bytes into a storage. The rows come in one transaction: all of them are there, or none.

import { type BlobDriver, objectKey } from '../blobs/driver.ts';
import { readTables, type Table } from '../db/catalog.ts';
import type { Connection, Database } from '../db/database.ts';
import { listMigrations, migrate } from '../db/migrate.ts';
import { beginWriting, endWriting, haveRows, writeRows } from '../db/rows-as-json.ts';
import { StartError } from '../errors.ts';
import type { ArchiveReader } from './archive.ts';
import { FILES, LEFT_OUT, partPrefix, TABLES } from './write-backup.ts';

export async function loadDatabase(archive: ArchiveReader, database: Database): Promise<void> {
  const own = await listMigrations();
  const unknown = archive.header.migrations.find((name) => !own.includes(name));
  if (unknown !== undefined) {
    throw new StartError(
      `The backup was made by a newer Overair (it has ${unknown}). Install that version or a later one.`,
    );
  }
  await database.withConnection((connection) => refuseUsed(connection));
  // The rows fit the schema that they come from; what followed it changes them as it would have done there.
  if (archive.header.migrations.length < own.length) await database.withConnection(emptySchema);
  await migrate(database, undefined, archive.header.migrations);
  await database.withConnection((connection) => loadTables(archive, connection));
  await migrate(database);
}

/** Nothing is ever overwritten: whoever wants to go back to a backup restores beside what is there. */
async function refuseUsed(connection: Connection): Promise<void> {
  const tables = (await readTables(connection)).filter(({ name }) => !LEFT_OUT.has(name));
  if (!(await haveRows(connection, tables))) return;
  throw new StartError(
    'The database is in use: a backup is restored into an empty one. Name another by DATABASE_URL or OVERAIR_DATA_DIR.',
  );
}

/** A database that nobody has used yet. */
async function emptySchema(connection: Connection): Promise<void> {
  const [{ name }] = (await connection.query('select quote_ident(current_schema()) as name', [])).rows as [
    { name: string },
  ];
  await connection.query(`drop schema ${name} cascade; create schema ${name}; drop schema if exists pgboss cascade`);
}

async function loadTables(archive: ArchiveReader, connection: Connection): Promise<void> {
  const tables = JSON.parse(await archive.readText(TABLES)) as Table[];
  await connection.query('begin', []);
  try {
    await beginWriting(connection, tables);
    for (const table of tables) await loadTable(archive, connection, table);
    await endWriting(connection, tables);
    await connection.query('commit', []);
  } catch (error) {
    await connection.query('rollback', []);
    throw error;
  }
}

async function loadTable(archive: ArchiveReader, connection: Connection, table: Table): Promise<void> {
  let count = 0;
  for (const name of archive.names(partPrefix(table.name))) {
    const lines = (await archive.readText(name)).split('\n');
    await writeRows(connection, table, lines);
    count += lines.length;
  }
  const expected = archive.manifest.rows[table.name];
  if (count !== expected) throw new StartError(`The backup has ${count} rows of ${table.name}, and says ${expected}.`);
}

/** Bytes that are there already stay. Returns how many files were written. */
export async function loadFiles(archive: ArchiveReader, blobs: Pick<BlobDriver, 'put' | 'stat'>): Promise<number> {
  let written = 0;
  for (const name of archive.names(FILES)) {
    const [app_uuid = '', sha256 = ''] = name.slice(FILES.length).split('/');
    // Altered in the storage before it was backed up: under this name it would be refused by every phone.
    if (archive.manifest.entries[name]?.sha256 !== sha256) continue;
    const key = objectKey(app_uuid, sha256);
    const there = await blobs.stat(key);
    if (there?.size === archive.manifest.entries[name]?.size) continue;
    await blobs.put(key, { stream: await archive.read(name) });
    written++;
  }
  return written;
}
