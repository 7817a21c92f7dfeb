// The database that a backup is made of: a PostgreSQL server as it is, an embedded database that nobody uses, or a copy of one that a
// running server has.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { DataFolderInUse } from '../db/data-lock.ts';
import type { Database } from '../db/database.ts';
import { openDatabase } from '../db/open.ts';
import { StartError } from '../errors.ts';
import { askOwnServer } from '../net/own-server.ts';
import { leaveTicket, SNAPSHOT_PATH, TICKET_HEADER } from './snapshot.ts';

interface Source {
  readonly database: Database;
  /** How long the running server's database stood still for it, in milliseconds. Undefined: not at all. */
  readonly pausedMs?: number;
  close(): Promise<void>;
}

type SourceSettings = Pick<Config, 'databaseUrl' | 'dataDir' | 'host' | 'port'>;

export async function openSource(config: SourceSettings): Promise<Source> {
  const { databaseUrl: url, dataDir } = config;
  try {
    const database = await openDatabase(url === undefined ? { dataDir } : { url, poolSize: 2 });
    return { database, close: () => database.close() };
  } catch (error) {
    if (!(error instanceof DataFolderInUse)) throw error;
    return openCopy(config, error);
  }
}

async function openCopy(config: SourceSettings, inUse: DataFolderInUse): Promise<Source> {
  const { folder, paused_ms } = await askForCopy(config, inUse);
  const path = join(config.dataDir, folder);
  const remove = () => rm(path, { recursive: true, force: true });
  try {
    const database = await openDatabase({ dataDir: path });
    const close = () => database.close().finally(remove);
    return { database, pausedMs: paused_ms, close };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function askForCopy({ dataDir, host, port }: SourceSettings, inUse: DataFolderInUse) {
  const ticket = await leaveTicket(dataDir);
  const where = `port ${port}${host === '0.0.0.0' ? '' : ` of ${host}`}`;
  const answer = await askOwnServer({ host, port }, SNAPSHOT_PATH, { [TICKET_HEADER]: ticket }).catch((cause) => {
    const what = `${inUse.message} It was asked for a copy at ${where} and did not answer:`;
    throw new StartError(`${what} run this with the settings of that server, on its machine.`, { cause });
  });
  if (answer.status === 200) return answer.body as { folder: string; paused_ms: number };
  const { message = `status ${answer.status}` } = (answer.body ?? {}) as { message?: string };
  throw new StartError(`The running server at ${where} made no copy of its database: ${message}`);
}
