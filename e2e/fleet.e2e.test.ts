// Two server processes on one PostgreSQL: a change through one is a change for both.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openServer } from '../server/src/testing/postgres-setup.ts';
import { type RunningServer, startServer, temporaryFolder } from './processes.ts';

const appId = 'com.example.fleet';
const AGREES_WITHIN_MS = 1_000;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let postgres: Awaited<ReturnType<typeof openServer>>;
let first: RunningServer;
let second: RunningServer;
let key: string;

beforeAll(async () => {
  folder = await temporaryFolder('fleet');
  postgres = await openServer();
  const env = { DATABASE_URL: postgres.url, OVERAIR_SECRET: 'the same for the whole fleet' };
  const dataDir = async (name: string) => {
    await mkdir(join(folder.path, name));
    return join(folder.path, name);
  };
  first = await startServer({ dataDir: await dataDir('first'), env });
  second = await startServer({ dataDir: await dataDir('second'), env });
  key = first.adminKey ?? '';
});
afterAll(async () => {
  await Promise.all([first?.stop(), second?.stop()]);
  await postgres?.stop();
  await folder.remove();
});

async function manage(server: RunningServer, method: string, path: string, body?: object) {
  const headers = { authorization: key };
  const answer = await fetch(server.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  expect(answer.status, await answer.clone().text()).toBe(200);
  return answer.json();
}

async function offered(server: RunningServer): Promise<string | undefined> {
  const phone = {
    ...{ app_id: appId, device_id: '00009a6b-eefe-490a-9c60-8e965132ae51', platform: 'android' },
    ...{ plugin_version: '8.51.14', version_build: '1.0.0', version_name: '1.0.0', is_prod: true },
  };
  const answer = await fetch(`${server.url}/updates`, { method: 'POST', body: JSON.stringify(phone) });
  return ((await answer.json()) as { version?: string; url?: string }).version;
}

test('only the first process made a key', () => {
  expect(first.adminKey).toBeDefined();
  expect(second.adminKey).toBeUndefined();
});

test('the process that answered a change decides by it at once, the other within a second', async () => {
  const [org] = (await manage(first, 'GET', '/organization')) as { id: string }[];
  await manage(first, 'POST', '/app', { app_id: appId, name: 'Fleet', owner_org: org?.id });
  const versions = ['1.0.1', '1.0.2', '1.0.3', '1.0.4', '1.0.5', '1.0.6'];
  for (const version of versions) {
    const bundle = { external_url: 'https://cdn.example.com/b.zip', checksum: 'a'.repeat(64) };
    await manage(first, 'POST', '/bundle', { app_id: appId, version, ...bundle });
  }
  await manage(first, 'POST', '/channel', { app_id: appId, channel: 'production', public: true });
  for (const [n, version] of versions.entries()) {
    const [writer, reader] = n % 2 === 0 ? [first, second] : [second, first];
    await manage(writer, 'POST', '/channel', { app_id: appId, channel: 'production', version });
    const changedAt = Date.now();
    expect(await offered(writer)).toBe(version);
    while ((await offered(reader)) !== version) {
      expect(Date.now() - changedAt, `${version} is not known to the other process`).toBeLessThan(AGREES_WITHIN_MS);
      await sleep(5);
    }
  }
});
