// The machine that holds the signing key should run little foreign code: the whole installed tree is counted.

import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MAX_PACKAGES = 15;
const MAX_BYTES = 15_000_000;
const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Installed {
  name: string;
  folder: string;
}

it(`installs in at most ${MAX_PACKAGES} packages and ${MAX_BYTES / 1e6} MB`, () => {
  const installed = closureOf({ name: 'overair', folder: ROOT });
  const bytes = installed.map(({ folder }) => bytesOf(folder));
  expect(installed.map(({ name }) => name)).toHaveLength(Math.min(installed.length, MAX_PACKAGES));
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(MAX_BYTES);
});

function closureOf(root: Installed): Installed[] {
  const found = new Map<string, Installed>();
  const queue = [root];
  for (let next = queue.pop(); next; next = queue.pop()) {
    const folder = realpathSync(next.folder);
    if (found.has(folder)) continue;
    found.set(folder, { name: next.name, folder });
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>;
    };
    for (const name of Object.keys(dependencies)) queue.push({ name, folder: folderOf(name, folder) });
  }
  return [...found.values()];
}

function folderOf(name: string, from: string): string {
  const paths = createRequire(join(from, 'package.json')).resolve.paths(name) ?? [];
  const folder = paths
    .map((path) => join(path, name))
    .find((path) => statSync(join(path, 'package.json'), { throwIfNoEntry: false }));
  if (!folder) throw new Error(`${name} is not installed for ${dirname(from)}`);
  return folder;
}

/** Nested packages are counted on their own. Sources beside our own build make the count a little too high. */
function bytesOf(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue;
    const path = join(folder, entry.name);
    bytes += entry.isDirectory() ? bytesOf(path) : statSync(path).size;
  }
  return bytes;
}
