// The only place that constructs the cellar's parts and hands them out.

import type { Logger } from 'pino';
import type { BlobDriver } from './blobs/driver.ts';
import { openBlobs } from './blobs/open.ts';
import type { Config } from './config.ts';
import { migrate } from './db/migrate.ts';
import { type Database, openDatabase } from './db/open.ts';
import { type Jobs, openJobs } from './jobs/open.ts';

/** What doors and jobs are made from. */
export interface Parts {
  config: Config;
  log: Logger;
  database: Database;
  blobs: BlobDriver;
  jobs: Jobs;
}

/** Opens everything, migrates, and returns the parts. Tests hand in their own database. */
export async function wire(config: Config, log: Logger, given?: { database?: Database }): Promise<Parts> {
  const database = given?.database ?? (await openConfiguredDatabase(config, log));
  try {
    const applied = await migrate(database);
    if (applied.length > 0) log.info({ applied }, 'the database schema was brought up to date');
    const blobs = await openBlobs(config.storageUrl, config.dataDir);
    const jobs = openJobs(database, (error) => log.error({ err: error }, 'a background job went wrong'));
    return { config, log, database, blobs, jobs };
  } catch (error) {
    if (!given?.database) await database.close();
    throw error;
  }
}

function openConfiguredDatabase(config: Config, log: Logger): Promise<Database> {
  return openDatabase({
    url: config.databaseUrl,
    dataDir: config.dataDir,
    poolSize: config.databasePoolSize,
    onError: (error, what) => log.warn({ err: error }, what),
  });
}

/** Ends what `wire` opened, in the order in which nothing is lost. */
export async function unwire(parts: Parts, timeoutMs: number): Promise<void> {
  await parts.jobs.stop(timeoutMs);
  await parts.blobs.close();
  await parts.database.close();
}
