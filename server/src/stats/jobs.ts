// The background work of the statistics: days are made ahead, and everything is kept for its time only.

import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import type { JobQueue } from '../jobs/open.ts';
import type { Log } from '../log.ts';
import { DAY_MS, utcDay } from '../utc-day.ts';
import { dropChecksBefore } from './checks.ts';
import { foldSlots } from './fold-slots.ts';
import { sweepOutcomes } from './outcome-retention.ts';
import { dropPartitionsBefore, Partitions } from './partitions.ts';
import { markSilent } from './silence.ts';

/** Today's is made too: the last days' jobs may not have run. */
const daysAhead = [0, 1, 2, 3];
/** Hours are compared with those of a week ago. */
const CHECK_DAYS = 15;

interface StatsParts {
  database: Database;
  config: Pick<Config, 'statsRetentionDays'>;
  log: Log;
}

export function statsQueues(parts: StatsParts): JobQueue[] {
  const { database } = parts;
  return [
    { name: 'stats-retention', cron: '10 1 * * *', run: (_data, signal) => retain(parts, signal) },
    {
      name: 'stats-days',
      cron: '40 * * * *',
      run: () => new Partitions(database).ensure(daysAhead.map((days) => utcDay(Date.now() + days * DAY_MS))),
    },
    { name: 'outcome-silence', cron: '*/5 * * * *', run: (_data, signal) => markSilent(database, new Date(), signal) },
  ];
}

/** Drops the events of days that are over their time. Daily rollups are kept for ever. */
async function retain({ database, config, log }: StatsParts, signal: AbortSignal): Promise<void> {
  const now = new Date();
  const oldest = utcDay(now.getTime() - config.statsRetentionDays * DAY_MS);
  const dropped = await dropPartitionsBefore(database, oldest);
  if (dropped.length > 0) log.info({ dropped }, `events before ${oldest} were removed`);
  await dropChecksBefore(database.db, new Date(now.getTime() - CHECK_DAYS * DAY_MS));
  await sweepOutcomes(database, now, signal);
  await foldSlots(database, utcDay(now.getTime()), signal);
}
