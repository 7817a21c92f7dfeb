// Three projects: what needs no database, and everything that does, once per engine.

import { defineConfig } from 'vitest/config';

const conditions = ['source'];
const databaseTests = '**/*.db.test.ts';
const outside = ['**/node_modules/**', '**/dist/**'];
/** A process runs its files one after the other with the modules that it has: databases are per file, imports are not. */
const shared = { isolate: false };
/** Far above what any test needs: only a test that hangs reaches them, however busy the machine is. */
const limits = { testTimeout: 30_000, hookTimeout: 60_000 };

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          ...limits,
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
          exclude: outside,
          globalSetup: ['server/src/testing/postgres-setup.ts'],
        },
      },
    ],
  },
});
