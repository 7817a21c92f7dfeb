// A copy of the embedded database's files while it runs, as they are at one moment: all of them are copied first, and those that changed
// meanwhile once more while nothing writes. What lies there is what a power cut at that moment would leave, which every start can use.

import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** A file that was written to within so short a time of our look may be written to again without a new time of change. */
const CLOCK_GRAIN_MS = 2_000;

interface Seen {
  readonly size: number;
  readonly mtimeMs: number;
  /** It changed so shortly before that its time says nothing. */
  readonly isFresh: boolean;
}

/** What a copy has of each file, by its path below the folder. */
type Copied = Map<string, Seen>;

export async function copyFolder(from: string, to: string): Promise<Copied> {
  const copied: Copied = new Map();
  await copyChanged(from, to, copied);
  return copied;
}

/** Brings the copy up to date, with the fewest bytes. Nothing may write to `from` meanwhile if the copy is to be of one moment. */
export async function copyChanged(from: string, to: string, copied: Copied): Promise<void> {
  await mkdir(to, { recursive: true });
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  const there = new Set<string>();
  for (const entry of entries) {
    const path = relative(from, join(entry.parentPath, entry.name));
    if (entry.isDirectory()) await mkdir(join(to, path), { recursive: true });
    else if (entry.isFile() && (await copyOne(from, to, path, copied))) there.add(path);
  }
  for (const path of copied.keys()) {
    if (there.has(path)) continue;
    await rm(join(to, path), { force: true });
    copied.delete(path);
  }
}

/** False for a file that is gone meanwhile. */
async function copyOne(from: string, to: string, path: string, copied: Copied): Promise<boolean> {
  const before = copied.get(path);
  try {
    const { size, mtimeMs } = await stat(join(from, path));
    if (before !== undefined && !before.isFresh && before.size === size && before.mtimeMs === mtimeMs) return true;
    copied.set(path, { size, mtimeMs, isFresh: mtimeMs > Date.now() - CLOCK_GRAIN_MS });
    await copyFile(join(from, path), join(to, path), constants.COPYFILE_FICLONE);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
