// Numbers that are polled: an address of loopback stands in for the owner's. The channel serves 1.0.0, which was kept, then 1.1.0.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openNumberFetcher } from '../net/fetch-number.ts';
import { pollNumbers } from './poll-numbers.ts';
import { type GuardedApp, openGuardedApp } from './testing/guarded-app.ts';

let world: GuardedApp;
let source: Server;
let asked: string[] = [];
let answer: { status: number; body: string } = { status: 200, body: '1' };
/** Tests and the address are on loopback. */
const numbers = openNumberFetcher({ allowPrivate: true });
const onlyPublic = openNumberFetcher({ allowPrivate: false });
const { app_id } = { app_id: 'com.example.guarded' };

beforeAll(async () => {
  world = await openGuardedApp();
  source = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(answer.status, { 'content-type': 'application/json', location: '/elsewhere' }).end(answer.body);
  });
  await new Promise<void>((resolve) => source.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await Promise.all([numbers.close(), onlyPublic.close()]);
  await new Promise((resolve) => source.close(resolve));
  await world.close();
});
beforeEach(async () => {
  await world.begin();
  await world.promote('1.1.0');
  asked = [];
  answer = { status: 200, body: '1' };
});

/** Stored with a public address, as the route wants it, and then led to the stand-in. */
async function save(fields: object = {}) {
  const url = 'https://numbers.example.com/crashes?token=secret';
  const saved = await world.manage('PUT', '/polled', {
    app_id,
    channel: 'production',
    name: 'crashes',
    url,
    bound: 2,
    ...fields,
  });
  const { port } = source.address() as AddressInfo;
  await world.server.database.query(`update polled_numbers set url = $1 where id = $2`, [
    `http://127.0.0.1:${port}/crashes`,
    saved.id,
  ]);
  return saved;
}
const poll = (afterMs = 1_000, fetcher = numbers) =>
  pollNumbers(
    { database: world.server.database, numbers: fetcher, vault: world.server.parts.vault },
    new Date(Date.now() + afterMs),
  );
const list = async () => (await world.manage('GET', `/polled?app_id=${app_id}`)).data;

test('within its bound the number is kept and shown, with the address but not its query', async () => {
  expect(await save()).toMatchObject({
    url: 'https://numbers.example.com/crashes',
    interval_seconds: 300,
    value: null,
  });
  await poll();
  expect(asked).toEqual(['/crashes?token=secret']);
  const { rows } = await world.server.database.query('select to_json(p)::text as row from polled_numbers p', []);
  expect(rows[0]!['row'], 'sealed at rest').not.toContain('token=secret');
  expect(await list()).toMatchObject([{ channel: 'production', name: 'crashes', value: 1, failure: null }]);
  expect(await world.newest()).toMatchObject({
    state: 'running',
    signals: [{ name: 'crashes', value: 1, bound: 2, is_breached: false }],
  });
});

test('beyond its bound it stops the release under way', async () => {
  await save();
  answer.body = '2.5';
  await poll();
  expect(await world.releaseOf('1.1.0')).toMatchObject({
    state: 'stopped',
    guard: { acted: 'stop', reason: 'crashes is 2.5, above its bound of 2.' },
  });
});

test('it is asked for once in its interval, by one of two workers', async () => {
  await save({ interval_seconds: 60 });
  await Promise.all([poll(), poll()]);
  expect(asked).toHaveLength(1);
  await poll(30_000);
  expect(asked).toHaveLength(1);
  await poll(62_000);
  expect(asked).toHaveLength(2);
});

test.each<[string, { status: number; body: string }, RegExp]>([
  ['an error', { status: 500, body: '3' }, /It answered 500/],
  ['a redirect', { status: 302, body: '3' }, /It answered 302/],
  ['no number', { status: 200, body: '{"value":3}' }, /no JSON number/],
  ['text', { status: 200, body: 'three' }, /no JSON number/],
  ['a number beyond all numbers', { status: 200, body: '1e999' }, /no JSON number/],
  ['too much', { status: 200, body: `${' '.repeat(5_000)}3` }, /no JSON number/],
])('%s stops nothing, is told, and is a matter after a quarter of an hour', async (_, given, failure) => {
  await save();
  answer = given;
  await poll();
  const [row] = await list();
  expect(row.failure).toMatch(failure);
  expect(asked).toHaveLength(1);
  expect(await world.newest()).toMatchObject({ state: 'running', signals: [] });
  const matters = async () =>
    (await world.manage('GET', `/attention?app_id=${app_id}`)).data.filter(
      ({ kind }: { kind: string }) => kind === 'number_away',
    );
  expect(await matters()).toEqual([]);
  await world.server.database.query(`update polled_numbers set failing_since = failing_since - interval '16 minutes'`);
  expect(await matters()).toMatchObject([{ severity: 'warning', channel: 'production' }]);
  answer = { status: 200, body: '1' };
  await poll(400_000);
  expect(await matters()).toEqual([]);
});

test('an address that is not public is not asked', async () => {
  await save();
  await poll(1_000, onlyPublic);
  expect(asked).toEqual([]);
  expect((await list())[0].failure).toBe('Its address is not a public one');
});

test('what is deleted is not asked for any more, and both are in the audit log', async () => {
  const { id } = await save();
  await world.manage('DELETE', '/polled', { app_id, channel: 'production', name: 'crashes' });
  await poll();
  expect([asked, await list()]).toEqual([[], []]);
  const { rows } = await world.server.database.query(
    `select new_record from audit_logs where table_name = 'channels' and 'polled' = any(changed_fields) order by id desc limit 2`,
  );
  expect(rows.map((row) => (row['new_record'] as { polled: unknown }).polled)).toEqual([
    null,
    expect.objectContaining({ name: 'crashes', url: 'https://numbers.example.com/crashes' }),
  ]);
  expect(id).toBeGreaterThan(0);
});

test.each<[object, number, string]>([
  [{ url: 'http://numbers.example.com' }, 400, 'invalid_url'],
  [{ url: 'https://127.0.0.1/n' }, 400, 'invalid_url'],
  [{ url: 'https://me:secret@numbers.example.com' }, 400, 'invalid_url'],
  [{ interval_seconds: 59 }, 400, 'invalid_interval_seconds'],
  [{ bound: 'two' }, 400, 'invalid_bound'],
  [{ channel: 'none' }, 400, 'cannot_find_channel'],
  [{ header: 'x' }, 400, 'invalid_body'],
])('%j is refused', async (fields, status, error) => {
  const input = { app_id, channel: 'production', name: 'n', url: 'https://numbers.example.com/n', bound: 1, ...fields };
  expect(await world.manage('PUT', '/polled', input, status)).toMatchObject({ error });
  expect(await list()).toEqual([]);
});

test('a channel has room for ten', async () => {
  for (let at = 0; at < 10; at++) await save({ name: `n${at}` });
  const more = { app_id, channel: 'production', name: 'more', url: 'https://numbers.example.com/n', bound: 1 };
  expect(await world.manage('PUT', '/polled', more, 400)).toMatchObject({ error: 'too_many_polled' });
  await save({ name: 'n3', bound: 7 });
  expect(await list()).toHaveLength(10);
});
