// Brings the schema up to date: numbered SQL files, each in its own transaction, one process at a time.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { StartError } from '../errors.ts';
import type { Connection, Database } from './database.ts';

export const migrationsFolder = fileURLToPath(new URL('../../migrations/', import.meta.url));

/** Any number, as long as nothing else in the database takes the same advisory lock. */
const ADVISORY_LOCK = 707_245_001;

/** The names of all migrations that this program has, in their order. */
export const listMigrations = async (folder = migrationsFolder): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();

/** Applies what is missing, or what is missing of `only`, and returns the names it applied. Safe to call from many processes at once. */
export async function migrate(
  database: Pick<Database, 'withConnection'>,
  folder = migrationsFolder,
  only?: readonly string[],
): Promise<string[]> {
  const files = (await listMigrations(folder)).filter((name) => only === undefined || only.includes(name));
  return database.withConnection((connection) => applyMissing(connection, folder, files));
}

/** The names of the migrations that a database has. */
export async function listApplied(connection: Pick<Connection, 'query'>): Promise<string[]> {
  const { rows } = await connection.query('select name from overair_migrations order by name', []);
  return rows.map((row) => row['name'] as string);
}

async function applyMissing(connection: Connection, folder: string, files: string[]): Promise<string[]> {
  await alone(connection, () =>
    connection.query(
      'create table if not exists overair_migrations (name text primary key, hash text not null, applied_at timestamptz not null default now())',
      [],
    ),
  );
  const { rows } = await connection.query('select name, hash from overair_migrations', []);
  const applied = new Map(rows.map((row) => [row['name'] as string, row['hash'] as string]));
  const unknown = [...applied.keys()].find((name) => !files.includes(name));
  if (unknown) {
    throw new StartError(
      `The database was migrated by a newer Overair (it has ${unknown}). Install that version or a later one.`,
    );
  }
  const done: string[] = [];
  for (const name of files) {
    const text = await readFile(`${folder}/${name}`, 'utf8');
    const hash = createHash('sha256').update(text).digest('hex');
    const before = applied.get(name);
    if (before === hash) continue;
    if (before !== undefined)
      throw new StartError(`The migration ${name} was edited after this database had applied it.`);
    if (await applyOne(connection, name, hash, text)) done.push(name);
  }
  return done;
}

/** False when another process applied it first. */
async function applyOne(connection: Connection, name: string, hash: string, text: string): Promise<boolean> {
  try {
    return await alone(connection, async () => {
      const { rows } = await connection.query('select 1 from overair_migrations where name = $1', [name]);
      if (rows.length > 0) return false;
      await connection.query(text);
      await connection.query('insert into overair_migrations (name, hash) values ($1, $2)', [name, hash]);
      return true;
    });
  } catch (cause) {
    throw new StartError(`The migration ${name} failed: ${(cause as Error).message}`, { cause });
  }
}

/**
 * A transaction that no other process's runs beside. The lock is the transaction's and not the session's: behind a pooler
 * in transaction mode a session is lost between two statements, and its lock stays.
 */
async function alone<T>(connection: Connection, use: () => Promise<T>): Promise<T> {
  await connection.query('begin', []);
  try {
    await connection.query('select pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
    const result = await use();
    await connection.query('commit', []);
    return result;
  } catch (error) {
    await connection.query('rollback', []);
    throw error;
  }
}
