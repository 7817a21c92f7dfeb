// Makes a backup: every row of one moment, then the bytes that these rows name.

import { type BlobDriver, objectKey } from '../blobs/driver.ts';
import { listObjects } from '../blobs/stored-objects.ts';
import { readTables, type Table } from '../db/catalog.ts';
import type { Connection, Database } from '../db/database.ts';
import { listApplied } from '../db/migrate.ts';
import { readRows } from '../db/rows-as-json.ts';
import { fingerprintOf } from '../secret-change.ts';
import { type ArchiveWriter, type BackupHeader, FORMAT, HEADER, type Summary } from './archive.ts';

/** What processes of a running server tell each other, uploads that are not finished, and what the migrations themselves write. */
export const LEFT_OUT: ReadonlySet<string> = new Set([
  ...['change_feed', 'rollup_slots', 'server_processes'],
  ...['uploads', 'upload_parts'],
  'overair_migrations',
]);

export const TABLES = 'tables.json';
export const FILES = 'files/';
const PART_CHARS = 4 * 1024 * 1024;

interface BackedUp extends Summary {
  readonly created_at: string;
}

/** Writes into `archive`, whose output somebody has to read meanwhile, and ends it. */
export async function writeBackup(
  { database, blobs, secret }: { database: Database; blobs: Pick<BlobDriver, 'read'>; secret: string },
  archive: ArchiveWriter,
): Promise<BackedUp> {
  try {
    const { rows, created_at, objects } = await database.withConnection((connection) =>
      writeTables(connection, database.engine, secret, archive),
    );
    const summary = { rows, ...(await writeBytes(objects, blobs, archive)) };
    await archive.finish(summary);
    return { ...summary, created_at };
  } catch (error) {
    archive.fail(error as Error);
    throw error;
  }
}

async function writeTables(
  connection: Connection,
  engine: BackupHeader['engine'],
  secret: string,
  archive: ArchiveWriter,
) {
  await connection.query('begin isolation level repeatable read read only', []);
  try {
    const tables = (await readTables(connection)).filter(({ name }) => !LEFT_OUT.has(name));
    const [{ now }] = (await connection.query('select now()', [])).rows as [{ now: Date }];
    const created_at = new Date(now).toISOString();
    const secret_fingerprint = fingerprintOf(secret);
    const header = {
      format: FORMAT,
      created_at,
      engine,
      migrations: await listApplied(connection),
      secret_fingerprint,
    };
    await archive.add(HEADER, json(header), { compress: false });
    const rows: Record<string, number> = {};
    for (const table of tables) rows[table.name] = await writeTable(connection, table, archive);
    await archive.add(TABLES, json(tables), { compress: true });
    return { rows, created_at, objects: await listObjects(connection) };
  } finally {
    await connection.query('rollback', []);
  }
}

/** In parts of some megabytes: neither side ever holds a whole table. */
async function writeTable(connection: Connection, { name }: Table, archive: ArchiveWriter): Promise<number> {
  let [count, part, chars] = [0, 0, 0];
  let lines: string[] = [];
  const flush = async () => {
    if (lines.length === 0) return;
    await archive.add(partName(name, part++), Buffer.from(lines.join('\n')), { compress: true });
    [lines, chars] = [[], 0];
  };
  await readRows(connection, { name }, async (rows) => {
    count += rows.length;
    for (const row of rows) chars += row.length;
    lines.push(...rows);
    if (chars >= PART_CHARS) await flush();
  });
  await flush();
  return count;
}

export const partPrefix = (table: string): string => `tables/${table}/`;
const partName = (table: string, part: number): string => `${partPrefix(table)}${String(part).padStart(6, '0')}.jsonl`;

/** After the transaction: bytes never change under their name, and some gigabytes of them take a while. */
async function writeBytes(
  objects: Awaited<ReturnType<typeof listObjects>>,
  blobs: Pick<BlobDriver, 'read'>,
  archive: ArchiveWriter,
) {
  const missing: string[] = [];
  let [files, bytes] = [0, 0];
  for (const { app_uuid, sha256 } of objects) {
    const found = await blobs.read(objectKey(app_uuid, sha256));
    if (found === undefined) {
      missing.push(`${app_uuid}/${sha256}`);
      continue;
    }
    const written = await archive.add(`${FILES}${app_uuid}/${sha256}`, found.stream, { compress: false });
    if (written.sha256 !== sha256) missing.push(`${app_uuid}/${sha256}`);
    files++;
    bytes += written.size;
  }
  return { files, bytes, missing };
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
