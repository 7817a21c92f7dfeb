// Three projects: what needs no database, and what does, once per engine. Rooms and cellar, whose SQL it is, meet both engines here.
// Doors, which only call them, and sweeps, which ask thousands of questions, are on PostgreSQL here and on PGlite in `npm run e2e`.

import { configDefaults, defineConfig } from 'vitest/config';

const conditions = ['source'];
const databaseTests = '**/*.db.test.ts';
const onPostgresAlone = ['**/*.sweep.db.test.ts', '**/doors/**'];
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
          include: [databaseTests],
          exclude: [...outside, ...onPostgresAlone],
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
          exclude: outside,
          globalSetup: ['server/src/testing/postgres-setup.ts'],
        },
      },
    ],
  },
});
