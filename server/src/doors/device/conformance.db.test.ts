// The conformance cases of the device protocol, through a port: one row, one test, named by its id. On one engine a second
// server, with a database of its own, plays each row through `inject`, that is through Fastify's routes: both ways give the
// same bytes.

import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { playRow, type Way } from './conformance/play.ts';
import { channelRows } from './conformance/rows-channels.ts';
import { cryptoRows } from './conformance/rows-crypto.ts';
import { decisionRows } from './conformance/rows-decision.ts';
import { manifestRows } from './conformance/rows-manifest.ts';
import { rolloutRows } from './conformance/rows-rollout.ts';
import { statsRows } from './conformance/rows-stats.ts';
import { validationRows } from './conformance/rows-validation.ts';

let server: TestServer;
let twin: TestServer | undefined;

beforeAll(async () => {
  // Signed addresses hold their day, and answers to whoever asks too often the second from which to ask again.
  vi.useFakeTimers({ toFake: ['Date'] });
  const config = { secret: 'a secret that both of them know' };
  server = await startTestServer(config);
  if (server.database.engine === 'pglite') twin = await startTestServer(config);
});
afterAll(async () => {
  vi.useRealTimers();
  await Promise.all([server.close(), twin?.close()]);
});

const injectedInto =
  ({ app }: TestServer): Way =>
  async (asked) =>
    app.inject(asked as InjectOptions);

/** A port says more than `inject` of the connection alone; both name the answer, each by another name. */
function comparable(answers: Awaited<ReturnType<typeof playRow>>) {
  return answers.map(({ headers: { date, connection, 'keep-alive': _, 'x-request-id': id, ...headers }, ...rest }) => ({
    ...rest,
    headers,
    isNamed: typeof id === 'string',
  }));
}

const tables = {
  validation: validationRows,
  decision: decisionRows,
  manifest: manifestRows,
  rollout: rolloutRows,
  stats: statsRows,
  channels: channelRows,
  crypto: cryptoRows,
};

describe.each(Object.entries(tables))('%s', (_subject, rows) => {
  test.each(rows)('$id: $title', async (row) => {
    const [throughPort, throughFastify] = await Promise.all([
      playRow(server, row),
      twin && playRow(twin, row, injectedInto(twin)),
    ]);
    if (throughFastify) expect(comparable(throughPort)).toEqual(comparable(throughFastify));
  });
});
