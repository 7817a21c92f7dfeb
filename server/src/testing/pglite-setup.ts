// Before the PGlite project: one migrated database as a dump, because a fresh one takes seconds to make.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import type { TestProject } from 'vitest/node';
import { migrate } from '../db/migrate.ts';
import { pgliteDatabase } from '../db/pglite.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'overair-pglite-'));
  const pglite = await PGlite.create();
  const database = pgliteDatabase(pglite, async () => {});
  await migrate(database);
  const dump = join(folder, 'migrated.tar');
  await writeFile(dump, Buffer.from(await (await pglite.dumpDataDir('none')).arrayBuffer()));
  await database.close();
  project.provide('testDatabase', { engine: 'pglite', source: dump });
  return () => rm(folder, { recursive: true, force: true });
}
