// How much room is left on the disks that this process writes to.

import { stat, statfs } from 'node:fs/promises';

interface DiskSpace {
  readonly folder: string;
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

/** Folders of one file system count once, by the first of them; what cannot be looked at is left out. */
export async function readDiskSpace(folders: readonly string[]): Promise<DiskSpace[]> {
  const found = new Map<number, DiskSpace>();
  for (const folder of folders) {
    const space = await lookAt(folder);
    if (space !== undefined && !found.has(space.device)) found.set(space.device, space.disk);
  }
  return [...found.values()];
}

async function lookAt(folder: string): Promise<{ device: number; disk: DiskSpace } | undefined> {
  try {
    const [{ dev }, { bavail, blocks, bsize }] = await Promise.all([stat(folder), statfs(folder)]);
    return { device: dev, disk: { folder, freeBytes: bavail * bsize, sizeBytes: blocks * bsize } };
  } catch {
    // Not made yet, or not ours to see: whoever writes there says so.
    return undefined;
  }
}
