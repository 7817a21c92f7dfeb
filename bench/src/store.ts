// Where a server under load keeps its data: a folder for the embedded database, or a PostgreSQL of its own.

import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedPostgres } from '../../server/src/testing/embedded-postgres.ts';
import { freePort } from './contender.ts';

export type Engine = 'pglite' | 'postgres';

export interface Store {
  engine: Engine;
  /** What the server's environment needs. */
  env: Record<string, string>;
  /** A copy that can be written to by another server; only of the embedded engine, and only while nobody uses it. */
  copy(): Promise<Store>;
  remove(): Promise<void>;
}

export async function createStore(engine: Engine): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'overair-bench-'));
  return engine === 'pglite' ? folderStore(folder) : postgresStore(folder);
}

function folderStore(folder: string): Store {
  return {
    engine: 'pglite',
    env: { OVERAIR_DATA_DIR: folder },
    async copy() {
      const other = await mkdtemp(join(tmpdir(), 'overair-bench-'));
      await cp(folder, other, { recursive: true });
      return folderStore(other);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function postgresStore(folder: string): Promise<Store> {
  // The user that runs PostgreSQL in root's stead makes its data folder in here.
  await chmod(folder, 0o777);
  const port = await freePort();
  const postgres = new EmbeddedPostgres({
    databaseDir: join(folder, 'postgres'),
    user: 'overair',
    password: 'overair',
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1'],
    onLog: () => {},
    onError: () => {},
  });
  await postgres.initialise();
  await postgres.start();
  return {
    engine: 'postgres',
    env: {
      OVERAIR_DATA_DIR: join(folder, 'data'),
      DATABASE_URL: `postgres://overair:overair@127.0.0.1:${port}/postgres`,
    },
    copy: () => Promise.reject(new Error('A PostgreSQL server is not copied')),
    async remove() {
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Fills the database in a child process: its memory must not count as the bench's, nor its lock stay. */
export function seed(store: Store, apps: number, devices: number): void {
  const file = fileURLToPath(new URL('./seed.ts', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, ['--conditions=source', file, String(apps), String(devices)], {
    env: { ...process.env, ...store.env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The database could not be filled:\n${stderr}`);
}
