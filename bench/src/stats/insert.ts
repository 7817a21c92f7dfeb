// The baseline of /stats: a loop of hand-written multi-row inserts of the same columns into a table of the same shape.

import { randomUUID } from 'node:crypto';
import { loadConfig } from '../../../server/src/config.ts';
import { openDatabase } from '../../../server/src/db/open.ts';

const ROWS_PER_INSERT = 1_000;
const columns = [
  'day',
  'app_id',
  'device_id',
  'action',
  'version_name',
  'old_version_name',
  'platform',
  'plugin_version',
  'version_build',
  'is_prod',
  'is_emulator',
  'channel',
  'metadata',
  'occurred_at',
  'received_at',
  'dedupe_key',
];
const places = Array.from(
  { length: ROWS_PER_INSERT },
  (_, row) => `(${columns.map((_, column) => `$${row * columns.length + column + 1}`).join(',')})`,
);
const insertSql = `insert into bench_events (${columns.join(',')}) values ${places.join(',')}`;

const config = loadConfig(process.env);
const database = await openDatabase({ url: config.databaseUrl, dataDir: config.dataDir, poolSize: 2 });
await database.query(
  'create table if not exists bench_events (like stats_events including all) partition by range (day)',
);
await database.query(
  `create table if not exists bench_events_all partition of bench_events for values from ('2000-01-01') to ('2100-01-01')`,
);

process.on('message', async ({ seconds }: { seconds: number }) => {
  const startMs = performance.now();
  let rows = 0;
  while (performance.now() < startMs + seconds * 1000) {
    await database.query(insertSql, Array.from({ length: ROWS_PER_INSERT }, newRow).flat());
    rows += ROWS_PER_INSERT;
  }
  process.send!({ rows, seconds: (performance.now() - startMs) / 1000 });
});
process.on('disconnect', () => database.close().finally(() => process.exit()));
process.send!('ready');

function newRow(): unknown[] {
  const now = new Date();
  const device = `00000000-0000-4000-8000-${String(Math.floor(Math.random() * 1_000)).padStart(12, '0')}`;
  const what = ['com.bench.app00000', device, 'set', '1.0.1', null, 'ios', '8.45.3', '1.0.0', true, false];
  return [now.toISOString().slice(0, 10), ...what, 'production', null, now, now, randomUUID()];
}
