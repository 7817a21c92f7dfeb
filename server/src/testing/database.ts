// A migrated database of its own for one test file, on the engine of the running project.

import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { onAuditEntry } from '../accounts/audit.ts';
import { keepAuditKey } from '../accounts/audit-key.ts';
import type { Database } from '../db/database.ts';
import { openDatabase } from '../db/open.ts';
import { queueDeliveries } from '../webhooks/queue-deliveries.ts';
import { type DatabaseImage, emptyImage, ImageFolder, loadImage, preparedImage } from './database-image.ts';
import { runSql, withDatabase } from './postgres-setup.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** `source`: the URL of the template database, or the folder of PGlite's images. */
    testDatabase: { engine: 'pglite' | 'postgres'; source: string };
  }
}

export interface TestDatabase extends Database {
  /** The PostgreSQL URL, for a second process or pool; undefined on PGlite. */
  readonly url: string | undefined;
}

/** Read once, for all test files of this process. */
const images = new Map<string, DatabaseImage>();

/** Rooms can be called without a server around them. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const database = await openPrepared();
  keepAuditKey(database.db, 'the secret of tests');
  onAuditEntry(database.db, queueDeliveries);
  return database;
}

async function openPrepared(): Promise<TestDatabase> {
  const { engine, source } = inject('testDatabase');
  if (engine === 'postgres') return createOnServer(source, new URL(source).pathname.slice(1));
  return openImage(preparedImage(source));
}

/** Without any migration: for tests of what a migration does to rows that were there before. */
export async function openEmptyDatabase(): Promise<TestDatabase> {
  const { engine, source } = inject('testDatabase');
  return engine === 'postgres' ? createOnServer(source, 'template0') : openImage(emptyImage(source));
}

async function openImage(path: string): Promise<TestDatabase> {
  const image = images.get(path) ?? loadImage(path);
  images.set(path, image);
  return { ...(await openDatabase({ memory: new ImageFolder(image) })), url: undefined };
}

/** Copying files takes a fifth of the time of writing the template into the log, which is the default. */
async function createOnServer(source: string, template: string): Promise<TestDatabase> {
  const name = `overair_test_${randomBytes(6).toString('hex')}`;
  await runSql(withDatabase(source, 'postgres'), `create database ${name} template ${template} strategy file_copy`);
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
