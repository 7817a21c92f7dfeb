// Once a day: drops the events of days that are over their time. Rollups are kept for ever.

import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import type { JobQueue } from '../jobs/open.ts';
import type { Log } from '../log.ts';
import { dayOf } from './event.ts';
import { dropPartitionsBefore } from './partitions.ts';

const dayMs = 24 * 60 * 60 * 1000;

export function retentionQueue(parts: { database: Database; config: Config; log: Log }): JobQueue {
  const { database, config, log } = parts;
  return {
    name: 'stats-retention',
    cron: '10 1 * * *',
    async run() {
      const oldest = dayOf(Date.now() - config.statsRetentionDays * dayMs);
      const dropped = await dropPartitionsBefore(database, oldest);
      if (dropped.length > 0) log.info({ dropped }, `events before ${oldest} were removed`);
    },
  };
}
