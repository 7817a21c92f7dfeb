// Half-written files never stay behind: they are born under a temporary name and removed when the process ends, Ctrl-C included.

import { mkdtempSync, rmSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const pending = new Set<string>();

process.on('exit', () => {
  for (const path of pending) rmSync(path, { recursive: true, force: true });
});

/** `fill` writes a neighbour of `target`, which takes its place only when all went well. */
export async function replaceFile<T>(target: string, fill: (temporary: string) => Promise<T>): Promise<T> {
  const temporary = `${target}.${process.pid}.partial`;
  pending.add(temporary);
  try {
    const result = await fill(temporary);
    await rename(temporary, target);
    return result;
  } finally {
    await rm(temporary, { force: true });
    pending.delete(temporary);
  }
}

/** A file under this very name for the time of `use`, for readers that go by the name. */
export async function inTemporaryFile<T>(
  path: string,
  fill: (path: string) => Promise<unknown>,
  use: () => Promise<T>,
): Promise<T> {
  pending.add(path);
  try {
    await fill(path);
    return await use();
  } finally {
    await rm(path, { force: true });
    pending.delete(path);
  }
}

/** A scratch folder for the time of `use`. */
export async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'overair-'));
  pending.add(folder);
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    pending.delete(folder);
  }
}
