// What Prometheus scrapes says what happened, and the dashboard and the alert rules ask for nothing that is not there.

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noticeMatters } from '../../attention/notice.ts';
import { queues } from '../../queues.ts';
import { guardReleases } from '../../rollouts/guard-releases.ts';
import { type PushWorld, startPushWorld } from '../../testing/push-world.ts';
import { attemptDelivery } from '../../webhooks/deliver.ts';
import { OutcomeWorld } from '../manage/testing/outcome-world.ts';

let pushWorld: PushWorld;
let world: OutcomeWorld;
beforeAll(async () => {
  pushWorld = await startPushWorld();
  world = new OutcomeWorld(pushWorld.server);
  await pushWorld.server.parts.jobs.start(queues(pushWorld.server.parts), false);
  await world.addApp();
});
afterAll(() => pushWorld.close());

interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** Lines of the text format of Prometheus. */
async function scrape(): Promise<Sample[]> {
  const { body, headers } = await world.server.app.inject('/metrics');
  expect(headers['content-type']).toMatch(/^text\/plain/);
  return body
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text]);
      return { name, labels: Object.fromEntries(pairs), value: Number(value) };
    });
}

const readValue = (samples: Sample[], name: string, labels: Record<string, string> = {}): number | undefined =>
  samples.find(
    (each) => each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value),
  )?.value;

/** How much it grew while `deed` was done. */
async function growth(name: string, labels: Record<string, string>, deed: () => Promise<unknown>): Promise<number> {
  const before = readValue(await scrape(), name, labels) ?? 0;
  await deed();
  return (readValue(await scrape(), name, labels) ?? 0) - before;
}

const requests = 'overair_http_request_duration_seconds_count';
const headers = () => world.headers();

test.each([
  ['the hot path', { door: 'device', route: 'POST /updates', status: '200' }, () => world.check(world.newId())],
  [
    'a question that is wrong',
    { door: 'device', route: 'POST /updates', status: '400' },
    () => world.server.ask({ method: 'POST', url: '/updates', payload: { app_id: 1 } }),
  ],
  [
    'the same route through Fastify',
    { door: 'device', route: 'POST /updates', status: '400' },
    () => world.server.app.inject({ method: 'POST', url: '/updates?x=1', payload: '{}' }),
  ],
  [
    'management',
    { door: 'manage', route: 'GET /app/:app_id', status: '404' },
    () => world.server.app.inject({ url: '/app/com.example.none', headers: headers() }),
  ],
  [
    'files',
    { door: 'files', route: 'GET /files/get/:app_uuid/:sha256/*', status: '403' },
    () => world.server.app.inject('/files/get/a/b/c'),
  ],
  ['no route', { door: 'none', route: 'unknown', status: '404' }, () => world.server.app.inject('/none/at/all')],
])('a request of %s is counted under its route and timed', async (_name, counted, deed) => {
  expect(await growth(requests, counted, deed)).toBe(1);
  const samples = (await scrape()).filter(
    ({ name, labels: own }) =>
      name.startsWith('overair_http') && own.route === counted.route && own.status === counted.status,
  );
  const buckets = samples.filter(({ name }) => name.endsWith('_bucket')).map(({ value }) => value);
  expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
  expect(buckets.at(-1)).toBe(readValue(samples, requests));
  expect(readValue(samples, 'overair_http_request_duration_seconds_sum')).toBeGreaterThan(0);
});

test('what devices are told and say', async () => {
  const reason = { reason: 'update' };
  expect(await growth('overair_update_decisions_total', reason, () => world.check(world.newId()))).toBe(1);
  const unknown = { reason: 'app_not_found' };
  const ask = () => world.check(world.newId(), { app_id: 'com.example.none' });
  expect(await growth('overair_update_decisions_total', unknown, ask)).toBe(1);
  const runs = async () => {
    await world.phone(['set']);
    await world.settle();
  };
  expect(await growth('overair_outcomes_total', { signal: 'started' }, runs)).toBe(1);
  expect(await growth('overair_stats_commit_wait_seconds_count', {}, runs)).toBeGreaterThanOrEqual(1);
});

test('a webhook, a push, the storage, the guard, and what needs somebody', async () => {
  const { parts, database, orgId } = world.server;
  const { blobs, webhooks } = parts;
  const payload = { orgId, name: 'w', url: 'http://127.0.0.1:9/', events: ['apps'] };
  await world.server.app.inject({ method: 'POST', url: '/webhooks', headers: headers(), payload });
  const deliver = async () => {
    await world.server.app.inject({
      method: 'PUT',
      url: `/app/${world.app_id}`,
      headers: headers(),
      payload: { name: 'x' },
    });
    const { id } = await database.db.selectFrom('webhook_deliveries').select('id').executeTakeFirstOrThrow();
    await attemptDelivery(webhooks, id);
  };
  expect(await growth('overair_webhook_attempts_total', { result: 'retried' }, deliver)).toBe(1);

  const send = async () => {
    const app = await pushWorld.createApp();
    await pushWorld.addPhone(app, 'android', 'a-phone');
    const body = { platform: 'android', notification: { android: { alert: 'x' } } };
    const { json } = await pushWorld.call(app, 'POST', '/v4/push', { to: 'all', body });
    await pushWorld.settle(json.msg_id);
  };
  expect(await growth('overair_push_attempts_total', { transport: 'fcm', result: 'ok' }, send)).toBe(1);

  const put = () => blobs.put('a/b', { path: '/no/such/file' }).catch(() => {});
  expect(await growth('overair_blob_errors_total', { operation: 'put' }, put)).toBe(1);

  const fail = async () => {
    for (let phone = 0; phone < 10; phone += 1) await world.phone(['set_fail']);
    await world.settle();
    await guardReleases(parts, new Date(Date.now() + 1000));
  };
  expect(await growth('overair_guard_actions_total', { action: 'stop' }, fail)).toBe(1);
  const notice = () => noticeMatters(parts.attention, new Date());
  expect(await growth('overair_attention_matters', { kind: 'guard_acted' }, notice)).toBe(1);
});

test('work that is due, by queue', async () => {
  const queue = 'webhook-sweep';
  const due = { queue };
  expect(readValue(await scrape(), 'overair_queue_oldest_due_seconds', due)).toBe(0);
  const send = () => world.server.parts.jobs.send(queue, {}, { startAfter: new Date(Date.now() - 600_000) });
  expect(await growth('overair_queue_due_jobs', due, send)).toBe(1);
  expect(readValue(await scrape(), 'overair_queue_oldest_due_seconds', due)).toBeGreaterThanOrEqual(600);
});

describe('what is shipped to look at it', () => {
  const read = (path: string) => readFileSync(new URL(`../../../../deploy/${path}`, import.meta.url), 'utf8');
  const dashboard = JSON.parse(read('grafana/overair.json')) as { panels: { targets: { expr: string }[] }[] };
  const rules = [...read('prometheus/alerts.yaml').matchAll(/expr:(?: >-)?\s+([\s\S]*?)\n +(?:for|labels):/g)];

  test.each([
    ['the dashboard', dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)), 26],
    ['the alert rules', rules.map(([, expr = '']) => expr), 13],
  ])('%s asks for metrics and labels that there are', async (_name, exprs, count) => {
    expect(exprs).toHaveLength(count);
    const samples = await scrape();
    const labelsOf = Map.groupBy(samples, ({ name }) => name);
    for (const expr of exprs) {
      const names = [...expr.matchAll(/\b(?:overair|nodejs|process)_\w+/g)].map(([name]) => name);
      expect(names, expr).not.toEqual([]);
      const asked = [...expr.matchAll(/by \(([^)]*)\)|(\w+)=~?"/g)].flatMap(([, by, one]) => by?.split(', ') ?? [one]);
      for (const name of names) {
        const own = labelsOf.get(name);
        expect(own, `${name} of ${expr}`).toBeDefined();
        // A scraper adds these.
        const known = new Set(['instance', 'job', ...own!.flatMap(({ labels }) => Object.keys(labels))]);
        expect(
          asked.filter((label) => !known.has(label!)),
          expr,
        ).toEqual([]);
      }
    }
  });
});

test('labels hold words of the program, whatever strangers send', async () => {
  const before = new Set((await scrape()).map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`));
  for (let at = 0; at < 20; at += 1) {
    await world.server.app.inject({ method: 'POST', url: `/stranger-${at}`, headers: { 'x-request-id': `r${at}` } });
    await world.server.app.inject({ url: `/app/com.stranger.app${at}`, headers: headers() });
    await world.check(world.newId(), { app_id: `com.stranger.app${at}`, platform: 'ios', version_name: `9.9.${at}` });
  }
  const after = (await scrape()).map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`);
  expect(after.filter((each) => !before.has(each) && each.includes('stranger'))).toEqual([]);
  expect(after.length - before.size).toBeLessThan(40);
});
