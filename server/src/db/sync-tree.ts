// Makes files permanent that were written without a sync.

import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Makes a folder with all that is in it permanent: PGlite creates a database without a single sync. */
export async function syncTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const waiting = [folder, ...entries.map((entry) => join(entry.parentPath, entry.name))];
  const work = async () => {
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) await syncPath(path);
  };
  // As many as the thread pool does at once: file systems commit them together.
  await Promise.all(Array.from({ length: 4 }, work));
}

/** A file, or the names in a folder. */
export async function syncPath(path: string): Promise<void> {
  const isFolder = (await stat(path)).isDirectory();
  if (isFolder && process.platform === 'win32') return;
  // Windows syncs only what may be written to.
  const handle = await open(path, isFolder ? 'r' : 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
