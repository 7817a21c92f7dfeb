// The events of an app as they come, through a port: filtered, resumed, bounded, and ended when they have to be.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { insertApp } from '../../accounts/apps.ts';
import { OutcomeWorld } from './testing/outcome-world.ts';

let world: OutcomeWorld;
let web: ReturnType<typeof createServer>;
let origin: string;
const open = new Set<AbortController>();

beforeAll(async () => {
  world = await OutcomeWorld.open();
  web = createServer((request, response) => world.server.app.routing(request, response));
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
});
afterAll(async () => {
  web.closeAllConnections();
  web.close();
  await world.close();
});
beforeEach(() => world.addApp());
afterEach(() => {
  for (const each of open) each.abort();
  open.clear();
});

interface Message {
  id: string;
  action: string;
}

async function ask(query = '', headers: Record<string, string> = {}, app_id = world.app_id) {
  const end = new AbortController();
  open.add(end);
  const url = `${origin}/app/${app_id}/events${query}`;
  const answer = await fetch(url, { headers: { ...world.headers(), ...headers }, signal: end.signal });
  return { answer, end: () => end.abort() };
}

/** The first events of a stream; all of them when it ends before. */
async function follow(query: string, wanted: number, headers: Record<string, string> = {}): Promise<Message[]> {
  const { answer, end } = await ask(query, headers);
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
  end();
  return messages;
}

test('events are followed live, filtered, and resumed without a gap or a double', async () => {
  await world.settle();
  const following = follow('?platform=android', 4);
  const device_id = await world.phone(['download_complete', 'set']);
  await world.report(world.newId(), 'set', '1.1.0', { platform: 'ios' });
  await world.report(device_id, 'app_launch_ready');
  const heard = await following;
  expect(heard.map(({ action }) => action)).toEqual(['get', 'download_complete', 'set', 'app_launch_ready']);
  const rest = await follow('?platform=android', 2, { 'last-event-id': heard[1]!.id });
  expect(rest.map(({ action }) => action)).toEqual(['set', 'app_launch_ready']);
  expect((await ask('?after=x')).answer.status).toBe(400);
  expect((await ask('?what=x')).answer.status).toBe(400);
  expect((await fetch(`${origin}/app/${world.app_id}/events`)).status).toBe(401);
});

test('a filter that matches nothing is not looked through twice: the cursor moves on, and loses nothing', async () => {
  await world.phone(['set']);
  const page = async (query: string) => (await (await ask(`?follow=false&${query}`)).answer.json()) as never;
  const settled = (cursor: string) => Number(cursor.split('-')[0]) / 1_000;
  const none: { data: Message[]; cursor: string } = await page('action=app_crash');
  expect(none.data).toEqual([]);
  expect(settled(none.cursor)).toBeGreaterThan(Date.now() - 60_000);
  const crashed = world.newId();
  await world.report(crashed, 'app_crash');
  const found = await vi.waitFor(
    async () => {
      const next: { data: Message[]; cursor: string } = await page(`action=app_crash&after=${none.cursor}`);
      expect(next.data).toMatchObject([{ device_id: crashed, action: 'app_crash' }]);
      return next;
    },
    { timeout: 20_000, interval: 100 },
  );
  const { data } = (await page(`action=app_crash&after=${found.cursor}`)) as { data: Message[] };
  expect(data, 'it comes once').toEqual([]);
});

/** Another organization with an app. */
async function otherApp(): Promise<string> {
  const app_id = `com.other.app${randomBytes(4).toString('hex')}`;
  const headers = world.headers();
  const payload = { name: app_id };
  const { id } = (await world.server.app.inject({ method: 'POST', url: '/organization', headers, payload })).json();
  await insertApp(world.server.database.db, { app_id, owner_org: id, name: app_id });
  return app_id;
}

test('an organization has so many readers at once and keeps out no other; who leaves makes room', async () => {
  const streams = await Promise.all(Array.from({ length: 20 }, () => ask()));
  expect(streams.map(({ answer }) => answer.status)).toEqual(Array(20).fill(200));
  const { answer } = await ask();
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('10');
  expect(await answer.json()).toMatchObject({
    error: 'too_many_streams',
    message: expect.stringContaining('organization'),
  });
  expect((await ask('', {}, await otherApp())).answer.status).toBe(200);
  streams[7]!.end();
  await vi.waitFor(async () => expect((await ask()).answer.status).toBe(200), { timeout: 20_000, interval: 50 });
});

test('a key that was revoked hears nothing from then on', async () => {
  const headers = world.headers();
  const payload = { name: 'reader', mode: 'read' };
  const { key, id } = (await world.server.app.inject({ method: 'POST', url: '/apikey', headers, payload })).json();
  const { answer } = await ask('', { authorization: key });
  expect(answer.status).toBe(200);
  const removed = await world.server.app.inject({ method: 'DELETE', url: `/apikey/${id}`, headers });
  expect(removed.statusCode, removed.body).toBe(200);
  // It is asked for again each minute.
  const now = performance.now.bind(performance);
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 61_000);
  try {
    const text = await answer.text();
    expect(text).not.toContain('data:');
  } finally {
    clock.mockRestore();
  }
});

test('streams end before a server that stops waits for its connections', async () => {
  const { app, stopping, url } = await listening();
  const stream = await fetch(url, { headers: stopping.headers() });
  const closing = app.close();
  expect(await stream.text()).toMatch(/^retry: /);
  // As the server does while it stops: nothing is asked on that connection any more.
  app.server.closeIdleConnections();
  await closing;
  await stopping.close();
});

test('a stream that is still being let in when the server stops ends at once', async () => {
  const { app, stopping, url } = await listening();
  const [locked, stopped] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const held = stopping.server.database.withConnection(async (connection) => {
    await connection.query('begin; lock table apps in access exclusive mode');
    locked.resolve();
    await stopped.promise;
    await connection.query('rollback', []);
  });
  await locked.promise;
  const arrived = once(app.server, 'request');
  const late = fetch(url, { headers: stopping.headers() });
  await arrived;
  const closing = app.close();
  await vi.waitFor(() => expect(app.server.listening).toBe(false), { timeout: 20_000, interval: 5 });
  stopped.resolve();
  expect(await (await late).text()).toMatch(/^retry: /);
  app.server.closeIdleConnections();
  await Promise.all([held, closing]);
  await stopping.close();
});

/** A server of its own, to be stopped. */
async function listening() {
  const stopping = await OutcomeWorld.open();
  await stopping.addApp();
  const { app } = stopping.server;
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return { app, stopping, url: `http://127.0.0.1:${port}/app/${stopping.app_id}/events` };
}
