// The real application on a test database, for door tests: through `app.inject`, or through a port.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { ensureFirstKey } from '../accounts/first-key.ts';
import { buildApp } from '../app.ts';
import { type Config, loadConfig } from '../config.ts';
import { openLog } from '../log.ts';
import { type Parts, unwire, wire } from '../wiring.ts';
import { openTestDatabase, type TestDatabase } from './database.ts';
import { type Asked, type Heard, throughPort } from './through-port.ts';

/** scrypt's N: the hashes of a run would take longer than all its questions. */
const PASSWORD_COST = 16;

export interface TestServer {
  app: FastifyInstance;
  /** Asks through a port, as phones do. */
  ask(asked: Asked): Promise<Heard>;
  parts: Parts;
  database: TestDatabase;
  /** The value of the first `all` key. */
  adminKey: string;
  /** The organization that was created with it. */
  orgId: string;
  close(): Promise<void>;
}

/** `shared`: the database of a server that runs already and outlives this one, as in a fleet or after a restart. */
export async function startTestServer(overrides: Partial<Config> = {}, shared?: TestDatabase): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'overair-test-'));
  const database = shared === undefined ? await openTestDatabase() : { ...shared, close: async () => {} };
  const config: Config = {
    ...loadConfig({ OVERAIR_DATA_DIR: dataDir, OVERAIR_LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'fatal' }),
    publicUrl: 'http://updates.test',
    ...overrides,
  };
  const parts = await wire(config, openLog(config.logLevel, false), { database, passwordCost: PASSWORD_COST });
  const { key, org_id } = await ensureFirstKey(database.db, 'test-admin-key-0123456789');
  const app = await buildApp(parts);
  await app.ready();
  return {
    app,
    ask: throughPort(app),
    parts,
    database,
    adminKey: key ?? 'test-admin-key-0123456789',
    orgId: org_id,
    async close() {
      await app.close();
      await unwire(parts, 1_000);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
