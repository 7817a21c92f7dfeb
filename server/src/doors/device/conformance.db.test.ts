// The conformance cases of the device protocol, through HTTP: one row, one test, named by its id.

import { afterAll, beforeAll, describe, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { playRow } from './conformance/play.ts';
import { channelRows } from './conformance/rows-channels.ts';
import { cryptoRows } from './conformance/rows-crypto.ts';
import { decisionRows } from './conformance/rows-decision.ts';
import { manifestRows } from './conformance/rows-manifest.ts';
import { rolloutRows } from './conformance/rows-rollout.ts';
import { statsRows } from './conformance/rows-stats.ts';
import { validationRows } from './conformance/rows-validation.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

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
  test.each(rows)('$id: $title', (row) => playRow(server, row));
});
