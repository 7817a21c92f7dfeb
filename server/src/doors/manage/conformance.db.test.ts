// The conformance table of the management API: one row, one test, named by its id.

import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { buildFixture, type Names } from './testing/fixture.ts';
import { appRows, bundleRows, channelRows } from './testing/rows-releases.ts';
import { play } from './testing/steps.ts';

let server: TestServer;
let names: Names;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  names = await buildFixture(server.parts.database.db);
});

const tables = { apps: appRows, bundles: bundleRows, channels: channelRows };

describe.each(Object.entries(tables))('%s', (_subject, rows) => {
  test.each(rows)('$id: $title', ({ steps }) => play(server.app, names, steps));
});
