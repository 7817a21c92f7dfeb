// Files on their way into the blob store: each has one owner that removes it, and a crash's leftovers go at the next start.
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

export interface Scratch {
  readonly dir: string;
  /** A path that no one else uses. Whoever asks for it removes the file. */
  newPath(): string;
}

/** Nobody writes for an hour into a file that is still in use. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000;

const host = hostname().replaceAll(/[^A-Za-z0-9]/g, '-');
const instance = randomUUID();

/** Makes the folder and removes what dead processes left in it. */
export async function openScratch(dir: string): Promise<Scratch> {
  await mkdir(dir, { recursive: true });
  await sweep(dir);
  return { dir, newPath: () => join(dir, `${host}.${process.pid}.${instance}.${randomUUID()}`) };
}

async function sweep(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const path = join(dir, name);
    if (isOfDeadProcess(name) || (await isIdle(path))) await rm(path, { force: true, recursive: true });
  }
}

// Servers on several machines may share the folder, so a process id means something only together with its host.
// A restarted container has its predecessor's host and often its process id, but never its instance.
function isOfDeadProcess(name: string): boolean {
  const [ofHost, pid, ofInstance] = name.split('.');
  if (ofHost !== host || pid === undefined || !/^\d+$/.test(pid)) return false;
  if (Number(pid) === process.pid) return ofInstance !== instance;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

async function isIdle(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > ABANDONED_AFTER_MS;
}
