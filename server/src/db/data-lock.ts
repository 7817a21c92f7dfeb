// One server per data folder: PGlite itself lets two processes open the same files, and loses data.

import { readFileSync } from 'node:fs';
import { link, mkdir, open, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartError } from '../errors.ts';

const HEARTBEAT_MS = 3_000;
/** A holder on another host (another container on the same volume) is gone when it was silent for this long. */
const SILENCE_MS = 10_000;
const LOOK_EVERY_MS = 500;
const FILE_NAME = 'overair.lock';

interface Holder {
  pid: number;
  host: string;
  /** What tells this process from a later one with the same pid; empty where the system does not say. */
  startedAt: string;
}

/** Another process has the data folder. */
export class DataFolderInUse extends StartError {}

interface DataLock {
  release(): Promise<void>;
}

interface FoundLock {
  holder: Holder | undefined;
  /** Identifies the lock file: a new file under the same name is another lock. */
  ino: number;
  /** Only compared with itself: the clocks of the hosts need not agree. */
  mtimeMs: number;
}

/**
 * Takes the folder or throws a `StartError` that names the process that has it. `pause` waits between two looks at the
 * lock of another host, and is there for tests.
 */
export async function lockDataDir(dataDir: string, pause: (ms: number) => Promise<unknown> = sleep): Promise<DataLock> {
  const path = join(dataDir, FILE_NAME);
  const own: Holder = { pid: process.pid, host: hostname(), startedAt: processStart(process.pid) };
  await createFolder(dataDir);
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await tryCreate(path, own)) return hold(path);
    const found = await findLock(path);
    if (found === undefined) continue;
    if (found.holder && (await isAlive(found.holder, found, path, pause))) {
      throw new DataFolderInUse(
        `The data folder ${dataDir} is in use by another Overair server (process ${found.holder.pid} on ${found.holder.host}). ` +
          'Stop it first, or set OVERAIR_DATA_DIR to another folder.',
      );
    }
    await removeDead(path, found, own);
  }
  throw new StartError(`Cannot lock the data folder ${dataDir}: another server is starting on it right now.`);
}

/** Two that start at once may both find it dead: whoever moved the other's new lock away puts it back. */
async function removeDead(path: string, dead: FoundLock, own: Holder): Promise<void> {
  const aside = `${path}.dead.${own.host}.${own.pid}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new StartError(`Cannot write to the data folder: ${(error as Error).message}`, { cause: error });
  }
  const moved = await findLock(aside);
  if (moved?.ino !== dead.ino) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

async function createFolder(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true });
  } catch (cause) {
    throw new StartError(`Cannot create the data folder ${dataDir}: ${(cause as Error).message}`, { cause });
  }
}

/** `link` makes the complete file appear at once, or fails because one is there. */
async function tryCreate(path: string, own: Holder): Promise<boolean> {
  const draft = `${path}.${own.host}.${own.pid}`;
  try {
    await writeFile(draft, JSON.stringify(own));
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new StartError(`Cannot write to the data folder: ${(error as Error).message}`, { cause: error });
  } finally {
    await rm(draft, { force: true });
  }
}

function hold(path: string): DataLock {
  const timer = setInterval(() => {
    const now = new Date();
    // A failed heartbeat is retried by the next one.
    utimes(path, now, now).catch(() => {});
  }, HEARTBEAT_MS);
  timer.unref();
  return {
    async release() {
      clearInterval(timer);
      await rm(path, { force: true });
    },
  };
}

/** Opened anew each time: network file systems only then ask whether their copy is still right. */
async function findLock(path: string): Promise<FoundLock | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const [{ ino, mtimeMs }, text] = [await file.stat(), await file.readFile('utf8')];
    return { holder: parseHolder(text), ino, mtimeMs };
  } finally {
    await file.close();
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined;
  }
}

async function isAlive(
  holder: Holder,
  found: FoundLock,
  path: string,
  pause: (ms: number) => Promise<unknown>,
): Promise<boolean> {
  if (holder.host !== hostname()) return isBeating(found, path, pause);
  if (holder.pid === process.pid) return holder.startedAt === processStart(process.pid);
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return holder.startedAt === processStart(holder.pid);
}

/**
 * Watches a holder that cannot be asked directly until its lock moves, or has stood still for long enough. What the time on
 * the file says is not looked at: a host whose clock is ahead or behind is neither alive for ever nor dead at once.
 */
async function isBeating(first: FoundLock, path: string, pause: (ms: number) => Promise<unknown>): Promise<boolean> {
  for (let watchedMs = 0; watchedMs < SILENCE_MS; watchedMs += LOOK_EVERY_MS) {
    await pause(LOOK_EVERY_MS);
    const now = await findLock(path);
    if (now === undefined) return false;
    if (now.ino !== first.ino || now.mtimeMs !== first.mtimeMs) return true;
  }
  return false;
}

/** Linux tells when a process started; elsewhere a pid alone has to do. */
function processStart(pid: number): string {
  try {
    // Field 22 of proc(5) stat; the command name before it may hold blanks, so count from its closing parenthesis.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return fields[19] ?? '';
  } catch {
    return '';
  }
}
