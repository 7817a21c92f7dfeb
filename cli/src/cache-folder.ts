// Where results that are costly to make again are kept between runs; deleting the folder loses nothing but time.

import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Context } from './context.ts';

const UNUSED_AFTER_MS = 60 * 24 * 60 * 60_000;

export async function openCacheFolder(context: Context, name: string): Promise<string> {
  const home = context.env.HOME || homedir();
  const folder = join(context.env.XDG_CACHE_HOME || join(home, '.cache'), 'overair', name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Removes what no run has used for two months. */
export async function pruneCacheFolder(folder: string, now = Date.now()): Promise<void> {
  for (const name of await readdir(folder)) {
    const info = await stat(join(folder, name)).catch(() => undefined);
    if (info && now - info.mtimeMs > UNUSED_AFTER_MS) await rm(join(folder, name), { force: true });
  }
}
