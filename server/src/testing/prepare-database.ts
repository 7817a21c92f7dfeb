// What every test database holds before a test begins.

import type { Database } from '../db/database.ts';
import { migrate } from '../db/migrate.ts';
import { openJobs } from '../jobs/open.ts';

/** The schema, and that of the background jobs, which a server makes when it first starts. */
export async function prepareDatabase(database: Database): Promise<void> {
  await migrate(database);
  const jobs = openJobs(database, (error) => {
    throw error;
  });
  await jobs.start([], false);
  await jobs.stop(0);
}
