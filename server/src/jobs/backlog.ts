// How many jobs of each queue are due and have not begun, and for how long the oldest has been.

import type { Database } from '../db/database.ts';

export interface Backlog {
  readonly queue: string;
  readonly due: number;
  /** When the oldest of them was due. */
  readonly since: Date;
}

const backlogSql = `
select name as queue, count(*)::float8 as due, min(start_after) as since
from jobs.job where state < 'active' and start_after <= now() group by name order by min(start_after)`;

/** The longest wait first; queues without a job that is due are left out. */
export async function listBacklogs(database: Database): Promise<Backlog[]> {
  const { rows } = await database.query(backlogSql);
  return rows as unknown as Backlog[];
}
