import { expect, test, vi } from 'vitest';
import { startTestServer } from '../testing/server.ts';
import type { JobQueue } from './open.ts';

test('a worker drains its queue before it rests, however long it rests then', { timeout: 120_000 }, async () => {
  const { parts, database, close } = await startTestServer();
  const ran: number[] = [];
  const queue: JobQueue<{ number: number }> = {
    name: 'drained',
    pollingIntervalSeconds: 3_600,
    async run({ number }) {
      ran.push(number);
    },
  };
  const numbers = Array.from({ length: 20 }, (_, number) => number);
  const jobs = numbers.map((number) => ({ number }));
  await parts.jobs.start([queue as never], true);
  await database.db.transaction().execute((trx) => parts.jobs.sendAll('drained', jobs, trx));
  await vi.waitFor(() => expect(ran.toSorted((a, b) => a - b)).toEqual(numbers), { timeout: 90_000, interval: 20 });
  await close();
});
