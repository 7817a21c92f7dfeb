// What became of a release, through the doors: phones ask and report, the owner reads.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { markSilent } from '../../stats/silence.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { dayMs } from '../../utc-day.ts';

let server: TestServer;
let app_id: string;
let apps = 0;
let devices = 0;

beforeAll(async () => {
  server = await startTestServer({ newDevicesPerHour: 0 });
});
afterAll(() => server.close());

beforeEach(async () => {
  app_id = `com.outcomes.app${apps++}`;
  const { db } = server.database;
  const owner_org = server.orgId;
  await db
    .insertInto('apps')
    .values({ app_id, owner_org, name: app_id } as never)
    .execute();
  for (const name of ['1.1.0', '1.2.0']) {
    const row = { app_id, owner_org, name, storage_provider: 'external', external_url: 'https://cdn.test/b.zip' };
    await db
      .insertInto('bundles')
      .values(row as never)
      .execute();
  }
  await serve('1.1.0');
});

const headers = () => ({ authorization: server.adminKey });

/** Through the door, so that the promotion is on record. */
async function serve(version: string, more: object = {}): Promise<void> {
  const payload = JSON.stringify({ app_id, channel: 'production', version, public: true, ...more });
  const answer = await server.app.inject({ method: 'POST', url: '/channel', headers: headers(), payload });
  expect(answer.statusCode, answer.body).toBe(200);
}

const newId = () => `00000000-0000-4000-8000-${(devices++).toString(16).padStart(12, '0')}`;
const aPhone = (change: object) => ({
  ...{ app_id, platform: 'android', plugin_version: '8.51.14', version_build: '1.0.0', version_os: '16' },
  ...{ is_prod: true, is_emulator: false, version_name: '1.0.0', custom_id: '', defaultChannel: '', ...change },
});

async function check(device_id: string, change: object = {}) {
  const payload = JSON.stringify(aPhone({ device_id, ...change }));
  return (await server.app.inject({ method: 'POST', url: '/updates', payload })).json() as Record<string, unknown>;
}

async function report(device_id: string, action: string, version_name = '1.1.0', change: object = {}) {
  const payload = JSON.stringify(aPhone({ device_id, action, version_name, ...change }));
  const answer = await server.app.inject({ method: 'POST', url: '/stats', payload });
  expect(answer.json(), answer.body).toEqual({ status: 'ok' });
}

/** A phone that was offered the bundle, and what it says then. */
async function phone(actions: readonly string[], change: object = {}): Promise<string> {
  const device_id = newId();
  expect(await check(device_id, change)).toMatchObject({ version: '1.1.0' });
  for (const action of actions) await report(device_id, action, '1.1.0', change);
  return device_id;
}

async function settled(): Promise<void> {
  await server.parts.sightings.flush();
  await server.parts.served.flush();
  await server.parts.recorder.drain();
}

async function read(path: string, query: Record<string, string> = {}, status = 200) {
  await settled();
  const url = `/app/${app_id}/${path}?${new URLSearchParams(query)}`;
  const answer = await server.app.inject({ url, headers: headers() });
  expect(answer.statusCode, answer.body).toBe(status);
  return answer.json();
}

const total = async (query: Record<string, string> = {}) => (await read('outcomes', query)).total;
const noFailure = { bundle: 0, network: 0, device: 0, crash: 0 };

test('each device counts once, by its last word', async () => {
  await phone([]);
  await phone(['download_complete']);
  await phone(['download_complete', 'set']);
  await phone(['app_launch_ready']);
  await phone(['download_fail']);
  await phone(['insufficient_disk_space', 'download_fail']);
  await phone(['update_fail']);
  // What a plugin says of a bundle that does not start.
  await phone(['download_complete', 'set', 'update_fail']);
  await phone(['set', 'app_crash']);
  const failsFirst = await phone(['set_fail']);
  await report(failsFirst, 'set');
  expect(await total({ bundle: '1.1.0' })).toEqual({
    ...{
      offered: 1,
      downloaded: 1,
      running: 3,
      failed: { bundle: 2, network: 1, device: 1, crash: 1 },
      refused: {},
      silent: 0,
    },
    reached: { offered: 10, downloaded: 3, running: 5, failed: { bundle: 3, network: 2, device: 1, crash: 1 } },
  });
});

test('a start that the app confirms is counted once', async () => {
  const device_id = await phone(['download_complete', 'set']);
  await report(device_id, 'app_launch_ready');
  const { total: now, buckets } = await read('outcomes', { bundle: '1.1.0', bucket: 'day' });
  expect(now).toMatchObject({ running: 1, reached: { running: 1 } });
  expect(buckets.reduce((sum: number, bucket: { running: number }) => sum + bucket.running, 0)).toBe(1);
  await report(device_id, 'update_fail');
  expect(await total({ bundle: '1.1.0' })).toMatchObject({ running: 0, failed: { bundle: 0, crash: 1 } });
});

test('what a check says is a word too, and a repetition says nothing new', async () => {
  const device_id = await phone([]);
  await check(device_id, { version_name: '1.1.0' });
  await check(device_id, { version_name: '1.1.0' });
  await report(device_id, 'set');
  expect(await total()).toMatchObject({ offered: 0, running: 1, reached: { running: 1 } });
  await check(device_id);
  expect(await total(), 'it is back on the bundle of the store, and is offered it again').toMatchObject({
    offered: 1,
    running: 0,
  });
  const moved = newId();
  await check(moved, { version_name: '1.1.0' });
  expect(await total(), 'nobody offered it, but its channel serves it').toMatchObject({ running: 1 });
});

test('forty invented devices move nothing', async () => {
  for (let n = 0; n < 40; n++) await report(newId(), n % 2 === 0 ? 'update_fail' : 'set');
  const none = { offered: 0, downloaded: 0, running: 0, failed: noFailure, refused: {}, silent: 0 };
  expect(await total()).toMatchObject(none);
  expect((await read('failures')).data).toEqual([]);
});

test('a device that moves on is counted with its new bundle alone', async () => {
  const device_id = await phone(['set']);
  const waiting = await phone([]);
  await serve('1.2.0');
  await check(device_id, { version_name: '1.1.0' });
  await check(waiting);
  expect(await total({ bundle: '1.1.0' })).toMatchObject({ running: 1, offered: 0 });
  expect(await total({ bundle: '1.2.0' })).toMatchObject({ running: 0, offered: 2 });
  await report(device_id, 'set', '1.2.0');
  expect(await total({ bundle: '1.1.0' })).toMatchObject({ running: 0, reached: { running: 1, offered: 2 } });
  expect(await total({ bundle: '1.2.0' })).toMatchObject({ running: 1, offered: 1 });
});

test('refusals are counted by code, with the bundle that is withheld', async () => {
  await serve('1.1.0', { android: false });
  await server.database.db
    .updateTable('channels')
    .set({ disable_auto_update: 'patch' })
    .where('app_id', '=', app_id)
    .execute();
  await server.parts.snapshots.caughtUp();
  await check(newId(), { platform: 'ios', version_name: '1.0.0' });
  const { refused } = await total();
  expect(Object.values(refused as Record<string, number>).reduce((sum, each) => sum + each, 0)).toBe(1);
  expect(Object.keys(refused as object)[0]).toMatch(/^[a-z_]+$/);
});

test('silent is who was offered it and was not heard of for a day', async () => {
  const gone = await phone([]);
  const asksAgain = await phone([]);
  await settled();
  const later = new Date(Date.now() + dayMs + 60_000);
  await server.database.db
    .updateTable('devices')
    .set({ offered_at: later })
    .where('device_id', '=', asksAgain)
    .execute();
  await markSilent(server.database, later);
  const { rows } = await server.database.query('select device_id from device_outcomes where app_id = $1 and word = 9', [
    app_id,
  ]);
  expect(rows).toEqual([{ device_id: gone }]);
  await report(gone, 'set');
  expect(await total()).toMatchObject({ running: 1 });
});

test('filters keep what they say, and what is not known is refused', async () => {
  await phone(['set']);
  await phone(['set'], { platform: 'ios', version_build: '1.0.1' });
  await phone(['set'], { is_emulator: true });
  expect(await total({ platform: 'ios' })).toMatchObject({ running: 1 });
  expect(await total({ native: '1.0.0' })).toMatchObject({ running: 1 });
  expect(await total({ channel: 'production' })).toMatchObject({ running: 2 });
  expect(await total({ channel: 'beta' })).toMatchObject({ running: 0 });
  expect(await total({ builds: 'test' })).toMatchObject({ running: 1 });
  expect(await total({ builds: 'all' })).toMatchObject({ running: 3 });
  for (const query of [
    { version: '1.1.0' },
    { bucket: 'week' },
    { from: 'soon' },
    { platform: 'web' },
    { builds: 'none' },
  ]) {
    await read('outcomes', query as never, 400);
  }
  await read('outcomes', { from: '2026-01-02', to: '2026-01-01' }, 400);
  await read(
    'outcomes',
    {
      bucket: 'minute',
      from: new Date(Date.now() - 8 * dayMs).toISOString(),
      to: new Date(Date.now() - 7.5 * dayMs).toISOString(),
    },
    400,
  );
  await read('failures', { sort: 'x' }, 400);
});

test('buckets say who reached a word when, and who stands at it; another app sees nothing of it', async () => {
  await phone(['set']);
  for (const bucket of ['minute', 'hour', 'day']) {
    const { buckets, latency } = await read('outcomes', { bucket });
    const sum = (pick: (each: { running: number; offered: number }) => number) =>
      (buckets as never[]).reduce((all, each) => all + pick(each), 0);
    expect(
      sum((each) => each.running),
      bucket,
    ).toBe(1);
    expect(buckets.at(-1).standing).toMatchObject({ running: 1, offered: 0 });
    expect(latency).toMatchObject([
      { platform: 'all', devices: 1 },
      { platform: 'android', devices: 1 },
    ]);
    expect(latency[0].p50).toBeLessThan(bucket === 'minute' ? 120 : 3_600);
  }
  app_id = 'com.outcomes.app0';
  expect((await total()).running).not.toBe(undefined);
});

test('failures are grouped by bundle, action and message, with what they have in common', async () => {
  const crash = (message: string) => ({ metadata: { message } });
  const one = await phone(['set']);
  const two = await phone(['set']);
  await report(one, 'webview_javascript_error', '1.1.0', crash("Cannot read property 'x' of item 17"));
  await report(two, 'webview_javascript_error', '1.1.0', crash("Cannot read property 'x' of item 18"));
  await report(two, 'webview_javascript_error', '1.1.0', crash('Network request failed'));
  await phone(['download_fail']);
  const { data } = await read('failures');
  expect(data).toMatchObject([
    { action: 'webview_javascript_error', bundle: '1.1.0', class: 'crash', events: 2, devices: 2, running: 2, rate: 1 },
    { devices: 1, events: 1 },
    { devices: 1, events: 1 },
  ]);
  expect(data[0].examples.toSorted()).toEqual([one, two].toSorted());
  expect(data[0].trend.reduce((sum: number, each: number) => sum + each, 0)).toBe(2);
  expect((await read('failures', { class: 'network' })).data).toMatchObject([
    { action: 'download_fail', class: 'network' },
  ]);
  expect((await read('failures', { limit: '1' })).data).toHaveLength(1);
});

test('as CSV for who accepts it, and no cell is a formula', async () => {
  const device_id = await phone(['set']);
  await report(device_id, 'app_crash', '1.1.0', { metadata: { message: '=cmd|"/c calc"!A1' } });
  await settled();
  const accept = { ...headers(), accept: 'text/csv' };
  const outcomes = await server.app.inject({ url: `/app/${app_id}/outcomes?bucket=day`, headers: accept });
  expect(outcomes.headers['content-type']).toBe('text/csv; charset=utf-8');
  const lines = outcomes.body.trimEnd().split('\r\n');
  expect(lines[0]).toBe(
    'row,at,offered,downloaded,running,failed_bundle,failed_network,failed_device,failed_crash,refused,silent',
  );
  expect(lines.at(-1)).toMatch(/^total,.*,0,0,0,0,0,0,1,0,0$/);
  const failures = await server.app.inject({ url: `/app/${app_id}/failures`, headers: accept });
  expect(failures.body).toContain(`"'=cmd|""/c calc""!A1"`);
});

test('a device shows what it runs beside what it was offered', async () => {
  const device_id = await phone([]);
  await settled();
  const device = async () => {
    await settled();
    const url = `/device?app_id=${app_id}&device_id=${device_id}`;
    return (await server.app.inject({ url, headers: headers() })).json();
  };
  expect(await device()).toMatchObject({ version_name: '1.1.0', running_version: 'builtin', offered_version: '1.1.0' });
  await report(device_id, 'set');
  expect(await device()).toMatchObject({ version_name: '1.1.0', running_version: '1.1.0' });
  const { data } = (
    await server.app.inject({ url: `/device?app_id=${app_id}&running_version=1.1.0`, headers: headers() })
  ).json();
  expect(data).toHaveLength(1);
  const url = `/device/explain?app_id=${app_id}&device_id=${device_id}`;
  expect((await server.app.inject({ url, headers: headers() })).json()).toMatchObject({
    outcome: 'no_new_version_available',
    running_version: '1.1.0',
    offered_version: '1.1.0',
  });
});

test('explain is right between offer and start', async () => {
  const device_id = await phone([]);
  const url = `/device/explain?app_id=${app_id}&device_id=${device_id}`;
  expect((await server.app.inject({ url, headers: headers() })).json()).toMatchObject({
    ...{ outcome: 'update', version: '1.1.0', running_version: 'builtin', offered_version: '1.1.0' },
  });
});

test('an offer is not lost when the server stops, and one that could not be recorded is noted at the next check', async () => {
  const device_id = newId();
  let fails = true;
  const { database, recorder } = server.parts;
  const query = database.query;
  database.query = async (text, ...rest) => {
    if (fails && text.includes('insert into stats_events')) throw new Error('not now');
    return query.call(database, text, ...rest);
  };
  try {
    expect(await check(device_id)).toMatchObject({ version: '1.1.0' });
    await recorder.drain();
    await new Promise(setImmediate);
    fails = false;
    expect(await check(device_id)).toMatchObject({ version: '1.1.0' });
  } finally {
    database.query = query;
  }
  expect(await total()).toMatchObject({ offered: 1 });
});

interface Message {
  id: string;
  action: string;
}

test('events are followed live, filtered, and resumed without a gap or a double', async () => {
  await settled();
  const web = createServer((request, response) => server.app.routing(request, response));
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  const follow = async (query: string, wanted: number, lastId?: string): Promise<Message[]> => {
    const end = new AbortController();
    const answer = await fetch(`${origin}/app/${app_id}/events${query}`, {
      headers: { ...headers(), ...(lastId && { 'last-event-id': lastId }) },
      signal: end.signal,
    });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const messages: Message[] = [];
    let text = '';
    for await (const chunk of answer.body!) {
      text += Buffer.from(chunk as Uint8Array).toString();
      for (const [, id, data] of text.matchAll(/id: (.*)\ndata: (.*)\n\n/g))
        messages.push({ id: id!, ...JSON.parse(data!) });
      text = text.slice(text.lastIndexOf('\n\n') + 2);
      if (messages.length >= wanted) break;
    }
    end.abort();
    return messages;
  };
  try {
    const following = follow('?platform=android', 4);
    const device_id = await phone(['download_complete', 'set']);
    await report(newId(), 'set', '1.1.0', { platform: 'ios' });
    await report(device_id, 'app_launch_ready');
    const heard = await following;
    expect(heard.map(({ action }) => action)).toEqual(['get', 'download_complete', 'set', 'app_launch_ready']);
    const rest = await follow('?platform=android', 2, heard[1]!.id);
    expect(rest.map(({ action }) => action)).toEqual(['set', 'app_launch_ready']);
    expect((await fetch(`${origin}/app/${app_id}/events?after=x`, { headers: headers() })).status).toBe(400);
    expect((await fetch(`${origin}/app/${app_id}/events?what=x`, { headers: headers() })).status).toBe(400);
    expect((await fetch(`${origin}/app/${app_id}/events`)).status).toBe(401);
  } finally {
    web.closeAllConnections();
    web.close();
  }
});
