// Run by `npm ci`: builds the page, so that `npm start` has one. An installation without the page's own packages, such as that of the
// command line alone, has nothing to build it with, and needs none.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** Undefined when it, or what it builds, is not installed. */
function findVite() {
  try {
    for (const name of ['@mantine/core', '@vitejs/plugin-react']) import.meta.resolve(name);
    return join(dirname(fileURLToPath(import.meta.resolve('vite/package.json'))), 'bin/vite.js');
  } catch {
    return undefined;
  }
}

const vite = findVite();
// An image that copies the manifests first installs without the sources.
if (vite !== undefined && existsSync(join(here, 'index.html'))) {
  const { status } = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: here,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
