// Three projects: what needs no database, and what does, once per engine. Here everything meets PostgreSQL once, and what an
// engine can break meets PGlite too. The other half, and the sweeps on both engines, are run by `npm run e2e`.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';

const conditions = ['source'];
const databaseTests = '**/*.db.test.ts';
/** Thousands of questions whose answers cannot depend on the engine: they take as long as everything else. */
export const sweeps = '**/*.sweep.db.test.ts';
/** What opens and locks an engine, and what rewrites its rows. Everything else is SQL that both engines, being PostgreSQL, run alike. */
export const engineTests = ['**/server/src/db/**/*.db.test.ts', '**/*-migration.db.test.ts'];
/** Programs that tests start are compiled once, not each time. */
const env = { NODE_COMPILE_CACHE: join(tmpdir(), 'overair-test-compile-cache') };
const outside = ['**/node_modules/**', '**/dist/**'];
/** The files of a process share its imports: a file has a database of its own, and leaves nothing behind in a module. */
const shared = { isolate: false };
/** Far above what any test needs: only a test that hangs reaches them, however busy the machine is. */
const limits = { testTimeout: 30_000, hookTimeout: 60_000 };

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // As many as there are cores: left to itself Vitest leaves one to its own process, which mostly waits.
    maxWorkers: '100%',
    // What tests read by other ways than imports: with --changed all of them run.
    forceRerunTriggers: [
      ...configDefaults.forceRerunTriggers,
      '**/server/migrations/*.sql',
      '**/vectors/**',
      '**/deploy/{grafana,prometheus}/**',
      '**/server/src/testing/{*-setup,make-images,prepare-database}.ts',
    ],
    projects: [
      {
        extends: true,
        test: {
          ...limits,
          ...shared,
          env,
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...outside, databaseTests, '**/*.e2e.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          ...limits,
          ...shared,
          name: 'pglite',
          include: engineTests,
          exclude: outside,
          globalSetup: ['server/src/testing/pglite-setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          ...limits,
          ...shared,
          name: 'postgres',
          include: [databaseTests],
          exclude: [...outside, sweeps],
          globalSetup: ['server/src/testing/postgres-setup.ts'],
        },
      },
    ],
  },
});
