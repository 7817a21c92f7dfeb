// Load balancers and scripts send work from the first "ready" on: everything that takes it must exist by then.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { pushQueues } from '../../push/jobs.ts';
import { queues } from '../../queues.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const ready = async () => {
  const answer = await server.app.inject('/readyz');
  return answer.json() as object;
};

test('not ready until the queues exist; what needs them is told to come back, in a transaction too', async () => {
  const { jobs, database, push } = server.parts;
  expect(await ready()).toMatchObject({ status: 'unavailable', database: true, storage: true, jobs: false });
  const name = pushQueues(push)[0]!.name;
  const starting = { code: 'starting', status: 503, detail: { retryAfterSeconds: 1 } };
  await expect(jobs.send(name, {})).rejects.toMatchObject(starting);
  const inTransaction = database.db.transaction().execute((trx) => jobs.sendAll(name, [{}], trx));
  await expect(inTransaction).rejects.toMatchObject(starting);
  await jobs.start(queues(server.parts), false);
  expect(await ready()).toMatchObject({ status: 'ok', jobs: true });
  await database.db.transaction().execute((trx) => jobs.sendAll(name, [{}], trx));
  await database.db.transaction().execute((trx) => jobs.send(name, {}, { trx, singletonKey: 'one' }));
});
