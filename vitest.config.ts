// Three projects: what needs no database, and everything that does, once per engine.

import { defineConfig } from 'vitest/config';

const conditions = ['source'];
const databaseTests = '**/*.db.test.ts';
const outside = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['**/*.test.ts'], exclude: [...outside, databaseTests, '**/*.e2e.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'pglite',
          include: [databaseTests],
          exclude: outside,
          globalSetup: ['server/src/testing/pglite-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: [databaseTests],
          exclude: outside,
          globalSetup: ['server/src/testing/postgres-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
