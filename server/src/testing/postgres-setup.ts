// Before the PostgreSQL project: a server (DATABASE_URL, or one from npm on a free port) with a migrated template database.

import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../db/open.ts';
import { refuseClosedFolders } from './closed-folders.ts';
import { EmbeddedPostgres } from './embedded-postgres.ts';
import { prepareDatabase } from './prepare-database.ts';

const require = createRequire(import.meta.url);

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await openServer();
  const template = `overair_test_${randomBytes(4).toString('hex')}`;
  await runSql(server.url, `create database ${template}`);
  const templateUrl = withDatabase(server.url, template);
  const database = await openDatabase({ url: templateUrl });
  await prepareDatabase(database);
  await database.close();
  project.provide('testDatabase', { engine: 'postgres', source: templateUrl });
  return async () => {
    await runSql(server.url, `drop database if exists ${template} with (force)`);
    await server.stop();
  };
}

/** DATABASE_URL, or a server from npm on a free port, in a folder that goes with it. */
export async function openServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const given = process.env['DATABASE_URL'];
  return given ? { url: given, stop: async () => {} } : startPostgres();
}

/** A server from npm, whatever DATABASE_URL says: one that a test may stop and start again. */
export async function startPostgres() {
  // PostgreSQL refuses to run as root: the package makes a user of its own for it.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) refuseClosedFolders([require.resolve('embedded-postgres'), tmpdir()]);
  const folder = await mkdtemp(join(tmpdir(), 'overair-postgres-'));
  // That user makes its data folder in here.
  await chmod(folder, 0o777);
  const port = await freePort();
  const postgres = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: 'overair',
    password: 'overair',
    port,
    persistent: true,
    createPostgresUser: isRoot,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off', '-c', 'max_connections=200'],
    onLog: () => {},
    onError: () => {},
  });
  await postgres.initialise();
  await postgres.start();
  return {
    url: `postgres://overair:overair@127.0.0.1:${port}/postgres`,
    pause: () => postgres.stop(),
    resume: () => postgres.start(),
    async stop() {
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

export function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

export async function runSql(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
