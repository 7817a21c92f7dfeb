// Builds the console into server/public, from where the server hands it out below /ui (server/src/doors/console).

import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compiledCatalogues } from './build/compiled-catalogues.ts';
import { compressedFiles } from './build/compressed-files.ts';
import { sizeBudget } from './build/size-budget.ts';

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: folder('.'),
  // The server writes addresses that hold below any prefix; chunks find each other beside themselves.
  base: './',
  resolve: { conditions: ['source', 'module', 'browser', 'production'] },
  // The server puts a nonce of each request in its place. Source: server/src/doors/console/shell.ts.
  html: { cspNonce: '__CSP_NONCE__' },
  plugins: [react(), compiledCatalogues(), compressedFiles(), sizeBudget()],
  build: {
    outDir: folder('../server/public'),
    emptyOutDir: true,
    // A data: address would be refused by the page's own policy.
    assetsInlineLimit: 0,
    manifest: true,
    target: ['chrome111', 'firefox114', 'safari16.4'],
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
  },
});
