// Black box: the built server and CLI as processes, real clients, real browsers. And the doors and the sweeps on the engine on
// which `npm test` leaves them out.

import { defineConfig } from 'vitest/config';

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
          include: ['**/*.sweep.db.test.ts', '**/doors/**/*.db.test.ts'],
          exclude: outside,
          isolate: false,
          globalSetup: ['server/src/testing/pglite-setup.ts'],
        },
      },
    ],
  },
});
