// The conformance table of the management API: one row, one test, named by its id.

import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { buildFixture, type Names } from './testing/fixture.ts';
import { apikeyRows, auditRows, credentialRows, memberRows, organizationRows } from './testing/rows-accounts.ts';
import { deviceRows, statisticsRows } from './testing/rows-devices.ts';
import { bindingRows, limitRows } from './testing/rows-keys.ts';
import { protectionRows } from './testing/rows-protection.ts';
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

const tables = {
  credentials: credentialRows,
  apps: appRows,
  bundles: bundleRows,
  channels: channelRows,
  devices: deviceRows,
  organizations: organizationRows,
  members: memberRows,
  audit: auditRows,
  'API keys': apikeyRows,
  'bindings of keys': bindingRows,
  'limits of keys': limitRows,
  'protected channels': protectionRows,
  statistics: statisticsRows,
};

describe.each(Object.entries(tables))('%s', (_subject, rows) => {
  test.each(rows)('$id: $title', async ({ given, steps }) => {
    await given?.(server.parts.database.db, names);
    await play(server.app, names, steps);
  });
});
