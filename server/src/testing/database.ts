// A migrated database of its own for one test file, on the engine of the running project.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../db/open.ts';
import { runSql, withDatabase } from './postgres-setup.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** `source`: the URL of the template database, or the path of a PGlite dump. */
    testDatabase: { engine: 'pglite' | 'postgres'; source: string };
  }
}

export interface TestDatabase extends Database {
  /** The PostgreSQL URL, for a second process or pool; undefined on PGlite. */
  readonly url: string | undefined;
}

export async function openTestDatabase(): Promise<TestDatabase> {
  const { engine, source } = inject('testDatabase');
  if (engine === 'pglite') {
    const dump = new Blob([await readFile(source)]);
    return { ...(await openDatabase({ dump })), url: undefined };
  }
  const name = `overair_test_${randomBytes(6).toString('hex')}`;
  const template = new URL(source).pathname.slice(1);
  await runSql(withDatabase(source, 'postgres'), `create database ${name} template ${template}`);
  const url = withDatabase(source, name);
  const database = await openDatabase({ url, poolSize: 5 });
  return {
    ...database,
    url,
    async close() {
      await database.close();
      await runSql(withDatabase(source, 'postgres'), `drop database if exists ${name} with (force)`);
    },
  };
}
