// Black box: the built server and CLI as processes, real clients, real browsers. And what `npm test` leaves out of the tests on a
// database: rooms and doors on PGlite, the sweeps on both engines.

import { defineConfig } from 'vitest/config';
import { engineTests, sweeps } from './vitest.config.ts';

const outside = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Each file runs several programs; side by side they would only wait for each other.
    fileParallelism: false,
    projects: [
      { extends: true, test: { name: 'e2e', include: ['**/*.e2e.test.ts'], exclude: outside } },
      {
        extends: true,
        test: {
          name: 'pglite',
          include: ['**/*.db.test.ts'],
          exclude: [...outside, ...engineTests],
          isolate: false,
          globalSetup: ['server/src/testing/pglite-setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: [sweeps],
          exclude: outside,
          isolate: false,
          globalSetup: ['server/src/testing/postgres-setup.ts'],
        },
      },
    ],
  },
});
