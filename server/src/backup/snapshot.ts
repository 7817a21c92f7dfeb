// A running server's copy of its embedded database, for a backup on the same machine. Who asks leaves a ticket in the data folder, which
// only who may write there can do, and presents it. A ticket works once.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Database } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { DAY_MS } from '../utc-day.ts';

export const SNAPSHOT_PATH = '/snapshot';
export const TICKET_HEADER = 'x-overair-ticket';
const PREFIX = 'snapshot-';

const ticketPath = (dataDir: string): string => join(dataDir, 'snapshot-ticket');

export async function leaveTicket(dataDir: string): Promise<string> {
  const ticket = randomBytes(32).toString('hex');
  const path = ticketPath(dataDir);
  await rm(path, { force: true });
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(ticket);
  } finally {
    await file.close();
  }
  return ticket;
}

/** Uses the ticket up. Throws `invalid_ticket` (403). */
export async function takeTicket(dataDir: string, presented: unknown): Promise<void> {
  const kept = await readFile(ticketPath(dataDir)).catch(() => undefined);
  const given = Buffer.from(typeof presented === 'string' ? presented : '');
  const isRight = kept !== undefined && kept.length === given.length && timingSafeEqual(kept, given);
  if (!isRight) throw new AppError('invalid_ticket', 403, 'A copy is made for who may write to the data folder');
  await rm(ticketPath(dataDir), { force: true });
}

/**
 * Answers with a folder below `dataDir`, which opens as a data folder and is the caller's to remove, and how long the database stood still.
 * Throws `no_snapshot` (409) for a PostgreSQL server, whose backup needs no copy.
 */
export async function takeSnapshot({ copyFiles }: Pick<Database, 'copyFiles'>, dataDir: string) {
  if (copyFiles === undefined) throw new AppError('no_snapshot', 409, 'This server has no embedded database');
  await removeForgotten(dataDir);
  const folder = await mkdtemp(join(dataDir, PREFIX));
  try {
    const { pausedMs } = await copyFiles(join(folder, 'pg'));
    return { folder: basename(folder), paused_ms: pausedMs };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Copies of backups that were killed. */
async function removeForgotten(dataDir: string): Promise<void> {
  for (const name of (await readdir(dataDir)).filter((each) => each.startsWith(PREFIX))) {
    const path = join(dataDir, name);
    const { mtimeMs } = await stat(path);
    if (mtimeMs < Date.now() - DAY_MS) await rm(path, { recursive: true, force: true });
  }
}
