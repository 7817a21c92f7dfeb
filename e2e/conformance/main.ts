// npm run conformance -- FOLDER…: asks recorded questions and compares the answers with the vendor's.
// Without options a fresh server is started in this process, on a free port and an empty database.

import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureFirstKey } from '../../server/src/accounts/first-key.ts';
import { buildApp } from '../../server/src/app.ts';
import { loadConfig } from '../../server/src/config.ts';
import type { Database } from '../../server/src/db/database.ts';
import { openDatabase } from '../../server/src/db/open.ts';
import { openLog } from '../../server/src/log.ts';
import { unwire, wire } from '../../server/src/wiring.ts';
import { allowSeveralPublicChannels, loadVectorState } from './load-state.ts';
import { type Ask, runCase, type Verdict } from './run-case.ts';
import { groupCases, readVectors, type VectorState, type Vectors } from './vectors.ts';

const usage = `usage: npm run conformance -- FOLDER [FOLDER …] [--server URL --database-url URL] [--all]

  FOLDER          holds states.jsonl and cases.jsonl, plain or gzipped
  --server        ask this running server instead of a fresh one …
  --database-url  … whose PostgreSQL database is here: states are loaded into it directly, under com.example.*
  --all           print every difference, not only the first ten`;

const atOnce = 16;

interface Target {
  url: string;
  database: Database;
  orgId: string;
  /** Some states have several public channels for one platform, which a database in use refuses. */
  takesAnyState: boolean;
  close(): Promise<void>;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { server: { type: 'string' }, 'database-url': { type: 'string' }, all: { type: 'boolean' } },
  });
  if (positionals.length === 0 || (values.server === undefined) !== (values['database-url'] === undefined)) {
    process.stderr.write(`${usage}\n`);
    return 2;
  }
  let wrong = 0;
  for (const folder of positionals) {
    const vectors = readVectors(folder);
    const target = values.server ? await running(values.server, values['database-url'] ?? '') : await fresh();
    try {
      wrong += await runFolder(folder, vectors, target, values.all ?? false);
    } finally {
      await target.close();
    }
  }
  return wrong === 0 ? 0 : 1;
}

async function runFolder(folder: string, { states, cases }: Vectors, target: Target, all: boolean): Promise<number> {
  const loaded = new Set<string>();
  for (const state of states) if (await load(target, state)) loaded.add(state.state);
  const asked = cases.filter((each) => loaded.has(each.state));
  const verdicts = await runAll(groupCases(asked), askOver(target.url));
  const count = (outcome: Verdict['outcome']) => verdicts.filter((each) => each.outcome === outcome).length;
  const wrong = verdicts.filter((each) => each.outcome === 'wrong');
  const skipped = cases.length - asked.length;
  process.stdout.write(
    `${folder}: ${count('agreed')} agreed, ${count('deliberate')} deliberate, ${wrong.length} wrong` +
      `${skipped > 0 ? `, ${skipped} left out with ${states.length - loaded.size} states that this database refuses` : ''}\n`,
  );
  for (const { case: each, why } of wrong.slice(0, all ? wrong.length : 10)) {
    process.stdout.write(`  ${each.id} ${each.method} ${each.path}: ${why}\n    ${JSON.stringify(each)}\n`);
  }
  return wrong.length;
}

/** False when the database cannot hold the state. */
async function load(target: Target, state: VectorState): Promise<boolean> {
  try {
    await target.database.db.deleteFrom('apps').where('app_id', '=', state.app.app_id).execute();
    await loadVectorState(target.database, target.orgId, state);
    return true;
  } catch (error) {
    const isUnique = (error as { code?: string }).code === '23505';
    if (!target.takesAnyState && isUnique) return false;
    throw error;
  }
}

async function runAll(groups: ReturnType<typeof groupCases>, ask: Ask): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  let next = 0;
  const worker = async () => {
    for (let group = groups[next++]; group !== undefined; group = groups[next++]) {
      for (const each of group) verdicts.push(await runCase(each, ask));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return verdicts;
}

function askOver(origin: string): Ask {
  return async ({ method, url, body }) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(origin + url, { method, ...(body !== undefined && { body, headers }) });
    return { status: answer.status, text: await answer.text() };
  };
}

async function fresh(): Promise<Target> {
  const dataDir = await mkdtemp(join(tmpdir(), 'overair-conformance-'));
  const database = await openDatabase({});
  const config = loadConfig({ OVERAIR_DATA_DIR: dataDir, OVERAIR_LOG_LEVEL: 'error' });
  const parts = await wire(config, openLog(config.logLevel, false), { database });
  await allowSeveralPublicChannels(database);
  const { org_id } = await ensureFirstKey(database.db);
  const app = await buildApp(parts);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    database,
    orgId: org_id,
    takesAnyState: true,
    async close() {
      await app.close();
      await unwire(parts, 1_000);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function running(url: string, databaseUrl: string): Promise<Target> {
  const database = await openDatabase({ url: databaseUrl });
  const org = await database.db.selectFrom('orgs').select('id').orderBy('created_at').executeTakeFirstOrThrow();
  return { url: url.replace(/\/+$/, ''), database, orgId: org.id, takesAnyState: false, close: () => database.close() };
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  },
);
