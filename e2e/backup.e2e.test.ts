// A backup of a server that runs, made, proven and restored by the built program: what was acknowledged before it is in it, and phones
// get from the restored server what they got from the old one, on either engine.

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openServer } from '../server/src/testing/postgres-setup.ts';
import { phoneQuestion } from './phone-question.ts';
import { type RunningServer, runServerCommand, startServer, temporaryFolder } from './processes.ts';

const app_id = 'com.example.backup';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let postgres: Awaited<ReturnType<typeof openServer>>;
let server: RunningServer;
let env: Record<string, string>;
let key: string;
let secret: string;
let file: string;

const dataDir = (name: string): string => join(folder.path, name);

beforeAll(async () => {
  folder = await temporaryFolder('backup');
  postgres = await openServer();
  server = await startServer({ dataDir: dataDir('old') });
  key = server.adminKey!;
  secret = (await readFile(join(dataDir('old'), 'secret'), 'utf8')).trim();
  file = join(folder.path, 'backup.zip');
  env = { PORT: new URL(server.url).port, OVERAIR_DATA_DIR: dataDir('old') };
  const [org] = (await manage(server, 'GET', '/organization')) as { id: string }[];
  await manage(server, 'POST', '/app', { app_id, name: 'Backup', owner_org: org!.id });
  const bundle = { external_url: 'https://cdn.example.com/b.zip', checksum: 'a'.repeat(64) };
  await manage(server, 'POST', '/bundle', { app_id, version: '1.0.1', ...bundle });
  await manage(server, 'POST', '/channel', { app_id, channel: 'production', version: '1.0.1', public: true });
});
afterAll(async () => {
  await server?.stop();
  await postgres?.stop();
  await folder.remove();
});

async function manage({ url }: RunningServer, method: string, path: string, body?: object): Promise<unknown> {
  const headers = { authorization: key };
  const answer = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  expect(answer.status, await answer.clone().text()).toBe(200);
  return answer.json();
}

async function post({ url }: RunningServer, path: string, body: object): Promise<Record<string, unknown>> {
  const answer = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Record<string, unknown>;
}

const deviceId = (n: number): string => `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`;
const question = (n: number) => phoneQuestion(app_id, '8.51.14', { device_id: deviceId(n) });
const report = (on: RunningServer, n: number) =>
  post(on, '/stats', { ...question(n), version_name: '1.0.1', action: 'set', timestamp: 1_700_000_000_000 + n });

async function eventsOf(on: RunningServer): Promise<number> {
  const devices = (await manage(on, 'GET', `/device?app_id=${app_id}&limit=1000`)) as {
    data: { running_version: string }[];
  };
  return devices.data.filter(({ running_version }) => running_version === '1.0.1').length;
}

/** Without what the guard has counted since. */
async function releasesOf(on: RunningServer): Promise<unknown> {
  const { data } = (await manage(on, 'GET', `/release?app_id=${app_id}`)) as { data: { guard: unknown }[] };
  return data.map((release) => ({ ...release, guard: undefined }));
}

test('a server that runs is backed up while phones go on reporting, and the backup is proven', async () => {
  let acknowledged = 0;
  while (acknowledged < 30) await report(server, acknowledged++);
  const before = acknowledged;
  let isDone = false;
  const load = (async () => {
    while (!isDone) await report(server, acknowledged++);
  })();
  const made = await runServerCommand(['backup', '--to', file], env).finally(() => {
    isDone = true;
  });
  await load;
  expect(made.stderr).toBe('');
  expect(made.stdout).toContain(`Backed up to ${file}`);
  expect(made.stdout).toMatch(/database stood still for \d+ ms/);
  expect((await stat(file)).mode & 0o777, 'for its owner alone').toBe(0o600);
  const proven = await runServerCommand(['verify', file], { ...env, OVERAIR_SECRET: secret });
  expect(proven).toMatchObject({ code: 0, stderr: '' });
  expect(proven.stdout).toContain('Its audit log is proven to its beginning.');
  expect(acknowledged, 'phones were answered meanwhile').toBeGreaterThan(before);
});

test.each(['pglite', 'postgres'])('restored on %s, it answers as before', async (engine) => {
  const place = { OVERAIR_DATA_DIR: dataDir(engine), OVERAIR_SECRET: secret };
  const target: Record<string, string> = engine === 'postgres' ? { ...place, DATABASE_URL: postgres.url } : place;
  const restored = await runServerCommand(['restore', file], target);
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  expect(restored.stdout).not.toContain('another secret');
  const again = await runServerCommand(['restore', file], target);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('restored into an empty one') });

  const { OVERAIR_DATA_DIR: dir, ...more } = target;
  const second = await startServer({ dataDir: dir!, env: more });
  try {
    expect(second.adminKey, 'the old key is the key').toBeUndefined();
    expect(await post(second, '/updates', question(0))).toEqual(await post(server, '/updates', question(0)));
    expect(await eventsOf(second)).toBeGreaterThanOrEqual(30);
    await report(second, 7);
    expect(await releasesOf(second)).toEqual(await releasesOf(server));
  } finally {
    expect(await second.stop()).toBe(0);
  }
  if (engine === 'pglite') return;
  const other = join(folder.path, 'of-postgres.zip');
  expect(await runServerCommand(['backup', '--to', other], target)).toMatchObject({ code: 0, stderr: '' });
  expect(await runServerCommand(['verify', other], target)).toMatchObject({ code: 0, stderr: '' });
});

test('who asks for what is not there is told in one line', async () => {
  const say = async (...words: string[]) => (await runServerCommand(words, env)).stderr;
  expect(await say('verify')).toContain('verify needs the file of a backup');
  expect(await say('restore', join(folder.path, 'none.zip'))).toContain('is no backup');
  expect(await say('backup', '--into', 'x')).toContain('backup takes --to FILE');
  const elsewhere = await runServerCommand(['backup', '--to', file], { ...env, PORT: '1' });
  expect(elsewhere).toMatchObject({ code: 1, stderr: expect.stringContaining('did not answer') });
  const stranger = await fetch(`${server.url}/snapshot`, {
    method: 'POST',
    headers: { 'x-overair-ticket': '0'.repeat(64) },
  });
  expect(stranger.status).toBe(403);
});
