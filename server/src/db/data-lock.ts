// One server per data folder: PGlite itself lets two processes open the same files, and loses data.

import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartError } from '../errors.ts';

const heartbeatMs = 3_000;
/** A holder on another host (another container on the same volume) is gone when it was silent for this long. */
const silenceMs = 10_000;
const fileName = 'overair.lock';

interface Holder {
  pid: number;
  host: string;
  /** What tells this process from a later one with the same pid; empty where the system does not say. */
  startedAt: string;
}

export interface DataLock {
  release(): Promise<void>;
}

/** Takes the folder or throws a `StartError` that names the process that has it. */
export async function lockDataDir(dataDir: string): Promise<DataLock> {
  const path = join(dataDir, fileName);
  const own: Holder = { pid: process.pid, host: hostname(), startedAt: processStart(process.pid) };
  await createFolder(dataDir);
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await tryCreate(path, own)) return hold(path);
    const holder = await readHolder(path);
    if (holder && (await isAlive(holder, path))) {
      throw new StartError(
        `The data folder ${dataDir} is in use by another Overair server (process ${holder.pid} on ${holder.host}). ` +
          'Stop it first, or set OVERAIR_DATA_DIR to another folder.',
      );
    }
    await rm(path, { force: true });
  }
  throw new StartError(`Cannot lock the data folder ${dataDir}: another server is starting on it right now.`);
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
  }, heartbeatMs);
  timer.unref();
  return {
    async release() {
      clearInterval(timer);
      await rm(path, { force: true });
    },
  };
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

async function isAlive(holder: Holder, path: string): Promise<boolean> {
  if (holder.host !== hostname()) return heartbeatGoesOn(path);
  if (holder.pid === process.pid) return holder.startedAt === processStart(process.pid);
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return holder.startedAt === processStart(holder.pid);
}

/** Watches a holder that cannot be asked directly until its heartbeat moves or has been silent for long enough. */
async function heartbeatGoesOn(path: string): Promise<boolean> {
  const age = async () =>
    Date.now() -
    (await stat(path).then(
      (found) => found.mtimeMs,
      () => 0,
    ));
  for (let waitedMs = 0; waitedMs <= silenceMs; waitedMs += 500) {
    const ageMs = await age();
    if (ageMs > silenceMs) return false;
    if (waitedMs > 0 && ageMs < 500) return true;
    await sleep(500);
  }
  return true;
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
