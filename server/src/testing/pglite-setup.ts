// Before the PGlite project: an image of the files of one database, because a fresh one takes seconds to make.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

const makeImages = fileURLToPath(new URL('./make-images.ts', import.meta.url));

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const source = await mkdtemp(join(tmpdir(), 'overair-pglite-'));
  // Code that runs once is not worth optimising: it takes half the time.
  await promisify(execFile)(process.execPath, ['--conditions=source', '--liftoff-only', makeImages, source]);
  project.provide('testDatabase', { engine: 'pglite', source });
  return () => rm(source, { recursive: true, force: true });
}
