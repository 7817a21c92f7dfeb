// Run by `npm ci`: builds the page, so that `npm start` has one. An installation without the page's own packages, such as that of the
// command line alone, has nothing to build it with, and needs none.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const { resolve } = createRequire(import.meta.url);

/** Undefined when it, or what it builds, is not installed. */
function findVite() {
  try {
    resolve('@mantine/core');
    resolve('@vitejs/plugin-react/package.json');
    return join(dirname(resolve('vite/package.json')), 'bin/vite.js');
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
