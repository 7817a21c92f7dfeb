// A secret that was changed, or lost with its folder, is noticed at the next start and not when the first push fails.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, expect, test } from 'vitest';
import { loadConfig } from './config.ts';
import { openTestDatabase } from './testing/database.ts';
import { unwire, wire } from './wiring.ts';

const database = await openTestDatabase();
const dataDir = await mkdtemp(join(tmpdir(), 'overair-secret-'));
afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true });
});

/** The warnings of one start with this secret. */
async function start(secret: string): Promise<{ msg: string; consequences?: string[] }[]> {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const config = loadConfig({ OVERAIR_SECRET: secret, OVERAIR_DATA_DIR: dataDir });
  const parts = await wire(config, log, { database: { ...database, close: async () => {} } });
  await unwire(parts, 100);
  return lines.map((line) => JSON.parse(line) as { msg: string });
}

test('a start with another secret says what follows from it, and only that start', async () => {
  const [first, second] = ['the first secret of all', 'another secret than it'] as const;
  expect(await start(first)).toEqual([]);
  expect(await start(first)).toEqual([]);
  const [warning, ...more] = await start(second);
  expect(more).toEqual([]);
  expect(warning?.msg).toMatch(/^OVERAIR_SECRET is not the one that this database was used with before/);
  expect(warning?.consequences?.join()).toMatch(/push credentials.*download addresses.*audit log/);
  expect(await start(second)).toEqual([]);
  expect(await start(first)).toHaveLength(1);
  const { rows } = await database.query('select fingerprint from secret_fingerprints');
  expect(rows).toHaveLength(2);
  expect(JSON.stringify(rows)).not.toContain('secret of all');
});
