// Several servers may start at the same moment on an empty database, behind a load balancer for example.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../server/src/db/database.ts';
import { migrate } from '../../server/src/db/migrate.ts';
import { openDatabase } from '../../server/src/db/open.ts';
import { openJobs } from '../../server/src/jobs/open.ts';
import { startPostgres } from '../../server/src/testing/postgres-setup.ts';

let postgres: Awaited<ReturnType<typeof startPostgres>>;
let starting: Database[];
let gate: Database;

beforeAll(async () => {
  postgres = await startPostgres();
  const open = () => openDatabase({ url: postgres.url, poolSize: 1 });
  starting = [await open(), await open()];
  gate = await open();
  // Reads the catalog as a server does, so that the connection has it cached.
  for (const database of starting) await migrate(database);
});
afterAll(async () => {
  for (const database of [...starting, gate]) await database.close();
  await postgres.stop();
});

/** The lock under which pg-boss makes its tables. */
const installLock = "('x' || encode(sha224((current_database() || '.pgboss.jobs')::bytea), 'hex'))::bit(64)::bigint";

test('both make the tables of the background jobs at once: one does, the other goes on', async () => {
  const errors: unknown[] = [];
  const jobs = starting.map((database) => openJobs(database, (error) => errors.push(error)));
  const started = await gate.withConnection(async (connection) => {
    await connection.query('begin', []);
    await connection.query(`select pg_advisory_xact_lock(${installLock})`, []);
    const both = Promise.all(jobs.map((each) => each.start([], false)));
    both.catch(() => undefined);
    // Each has looked by now, and found nothing: that is what the second one remembers when it is let in.
    const waiting = "select count(*)::int as count from pg_locks where locktype = 'advisory' and not granted";
    while ((await connection.query(waiting, [])).rows[0]?.['count'] !== 2) await sleep(20);
    await connection.query('commit', []);
    return both;
  });
  expect(started).toHaveLength(2);
  expect(errors).toEqual([]);
  expect(jobs.map(({ isReady }) => isReady)).toEqual([true, true]);
  for (const each of jobs) await each.stop(5_000);
});
