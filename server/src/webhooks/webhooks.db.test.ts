// Webhooks from the change that causes one to the receiver, on a local receiver that the test allows.

import { createHmac } from 'node:crypto';
import dns from 'node:dns';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildFixture, keyValue, type Names } from '../doors/manage/testing/fixture.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { attemptDelivery } from './deliver.ts';
import { send } from './send.ts';

let server: TestServer;
let names: Names;
let receiver: Server;
let url: string;
let received: { headers: IncomingHttpHeaders; body: string }[];
let answer: { status: number; headers?: Record<string, string>; body?: string };

beforeAll(async () => {
  server = await startTestServer({ allowPrivateAddresses: true });
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(answer.status, answer.headers).end(answer.body ?? 'ok');
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await server.close();
});
beforeEach(async () => {
  names = await buildFixture(server.database.db);
  received = [];
  answer = { status: 200 };
});

async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object, key = 'ALL') {
  const response = await server.app.inject({
    method,
    url: path,
    headers: { authorization: keyValue(key), 'content-type': 'application/json' },
    ...(body && { payload: JSON.stringify(body) }),
  });
  return { status: response.statusCode, body: response.json() };
}

const make = (fields: object = {}) =>
  call('POST', '/webhooks', { orgId: names['ORG_A'], name: 'w', url, events: ['app_versions'], ...fields });

const uploadBundle = (version = '2.0.0') =>
  call('POST', '/bundle', { app_id: names['APP'], version, external_url: 'https://x.test/b.zip', checksum: 'b' });

/** What a worker does with each waiting delivery. Returns when each is to be tried again. */
async function work(): Promise<(Date | undefined)[]> {
  const rows = await server.database.db
    .selectFrom('webhook_deliveries')
    .select('id')
    .where('status', '=', 'pending')
    .execute();
  const next = [];
  for (const { id } of rows) next.push(await attemptDelivery(server.parts.webhooks, id));
  return next;
}

const deliveries = async (webhookId: string) =>
  (await call('GET', `/webhooks/deliveries?orgId=${names['ORG_A']}&webhookId=${webhookId}`)).body;

test('162: the secret is shown once', async () => {
  const created = await make({ url: 'https://example.com/h' });
  expect(created).toMatchObject({
    status: 201,
    body: {
      status: 'Webhook created',
      webhook: { delivery_version: 'legacy', enabled: true, secret: expect.stringMatching(/^whsec_/) },
    },
  });
  const { id } = created.body.webhook;
  const listed = await call('GET', `/webhooks?orgId=${names['ORG_A']}`);
  const read = await call('GET', `/webhooks?orgId=${names['ORG_A']}&webhookId=${id}`);
  expect(JSON.stringify([listed, read])).not.toContain('whsec_');
  expect(read.body).toMatchObject({ id, stats_24h: { success: 0, failed: 0, pending: 0 } });
  const stored = await server.database.db.selectFrom('webhooks').select('secret_sealed').executeTakeFirstOrThrow();
  expect(stored.secret_sealed).not.toContain(created.body.webhook.secret.slice(6));
});

test('164: a new bundle reaches the receiver once, signed', async () => {
  const { secret, id } = (await make()).body.webhook;
  await uploadBundle();
  await work();
  await work();
  expect(received).toHaveLength(1);
  const [{ headers, body }] = received as [(typeof received)[0]];
  expect(headers['x-capgo-event']).toBe('app_versions.INSERT');
  const [, timestamp, hex] = /^v1=(\d+)\.([0-9a-f]{64})$/.exec(String(headers['x-capgo-signature']))!;
  expect(hex).toBe(createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex'));
  expect(JSON.parse(body)).toMatchObject({
    event: 'app_versions.INSERT',
    event_id: headers['x-capgo-event-id'],
    org_id: names['ORG_A'],
    data: { table: 'app_versions', operation: 'INSERT', new_record: { name: '2.0.0' }, actor_apikey_name: 'ALL' },
  });
  expect(await deliveries(id)).toMatchObject({
    deliveries: [{ status: 'success', attempt_count: 1, response_status: 200, response_body: 'ok' }],
    pagination: { total: 1, has_more: false },
  });
});

test('the standard form is signed both ways', async () => {
  const { secret } = (await make({ deliveryVersion: 'standard' })).body.webhook;
  await uploadBundle();
  await work();
  const [{ headers, body }] = received as [(typeof received)[0]];
  const key = Buffer.from(secret.slice(6), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  expect(JSON.parse(body).type).toBe('app_versions.INSERT');
});

test('165: 410 ends the delivery and the webhook', async () => {
  const { id } = (await make()).body.webhook;
  await uploadBundle();
  answer = { status: 410 };
  expect(await work()).toEqual([undefined]);
  expect(await deliveries(id)).toMatchObject({ deliveries: [{ status: 'failed', response_status: 410 }] });
  expect((await call('GET', `/webhooks?orgId=${names['ORG_A']}&webhookId=${id}`)).body.enabled).toBe(false);
});

test('166: only a failed delivery is sent again', async () => {
  const { id } = (await make()).body.webhook;
  await uploadBundle();
  await work();
  const [delivery] = (await deliveries(id)).deliveries;
  const retry = { orgId: names['ORG_A'], deliveryId: delivery.id };
  expect(await call('POST', '/webhooks/deliveries/retry', retry)).toMatchObject({
    status: 400,
    body: { error: 'delivery_not_failed' },
  });
  await server.database.db.updateTable('webhook_deliveries').set({ status: 'failed' }).execute();
  expect(await call('POST', '/webhooks/deliveries/retry', retry)).toMatchObject({
    status: 200,
    body: { status: 'Delivery queued for retry', deliveryId: delivery.id },
  });
  await work();
  expect(new Set(received.map(({ headers }) => headers['x-capgo-event-id'])).size, 'it keeps its event id').toBe(1);
  expect(received).toHaveLength(2);
});

test('a failure waits, then tries again with the same event id, and gives up after the tenth', async () => {
  const { id } = (await make()).body.webhook;
  await uploadBundle();
  answer = { status: 500 };
  const [next] = await work();
  expect(next!.getTime() - Date.now()).toBeGreaterThan(4_000);
  expect(await work(), 'not before its time').toEqual([undefined]);
  for (let attempt = 2; attempt <= 10; attempt++) {
    await sql`update webhook_deliveries set next_retry_at = now()`.execute(server.database.db);
    await work();
  }
  expect(received).toHaveLength(10);
  expect(new Set(received.map(({ headers }) => headers['x-capgo-event-id'])).size).toBe(1);
  expect(await deliveries(id)).toMatchObject({ deliveries: [{ status: 'failed', attempt_count: 10 }] });
  expect((await call('GET', `/webhooks?orgId=${names['ORG_A']}&webhookId=${id}`)).body.enabled).toBe(false);
});

test('a redirect is a failure and is not followed; a long answer is cut', async () => {
  const { id } = (await make()).body.webhook;
  await uploadBundle();
  answer = { status: 302, headers: { location: url } };
  await work();
  expect(received).toHaveLength(1);
  answer = { status: 200, body: 'x'.repeat(200_000) };
  await sql`update webhook_deliveries set next_retry_at = now()`.execute(server.database.db);
  await work();
  const [delivery] = (await deliveries(id)).deliveries;
  expect(delivery.status).toBe('success');
  expect(delivery.response_body.length).toBeLessThanOrEqual(10_000);
});

test('two workers send a delivery once', async () => {
  await make();
  await uploadBundle();
  await Promise.all([work(), work()]);
  expect(received).toHaveLength(1);
});

test('a test event goes out at once and is reported', async () => {
  const { id } = (await make()).body.webhook;
  const tested = await call('POST', '/webhooks/test', { orgId: names['ORG_A'], webhookId: id });
  expect(tested).toMatchObject({
    status: 200,
    body: { success: true, status: 200, response_preview: 'ok', message: 'Test webhook delivered successfully' },
  });
  answer = { status: 500 };
  expect((await call('POST', '/webhooks/test', { orgId: names['ORG_A'], webhookId: id })).body).toMatchObject({
    success: false,
    status: 500,
    message: 'Test webhook delivery failed',
  });
  expect((await call('GET', `/webhooks?orgId=${names['ORG_A']}&webhookId=${id}`)).body.enabled).toBe(true);
});

test('channel, rollout, device and app changes have their events', async () => {
  await make({ events: ['channels', 'devices', 'apps'] });
  await make({ events: ['rollouts'], name: 'rollouts only' });
  const app_id = names['APP'];
  await call('POST', '/channel', { app_id, channel: 'production', rolloutVersion: '1.1.0', rolloutPercentage: 5 });
  await call('POST', '/device', { app_id, device_id: 'd', channel: 'beta' });
  await call('PUT', `/app/${app_id}`, { name: 'New' });
  await work();
  expect(received.map(({ headers }) => headers['x-capgo-event']).sort()).toEqual([
    'apps.UPDATE',
    'channels.UPDATE',
    'devices.INSERT',
    'rollouts.UPDATE',
  ]);
});

test('who may not, may not', async () => {
  const { id } = (await make()).body.webhook;
  const org = names['ORG_A'];
  const refused = async (key: string, expected: object, orgId = org) =>
    expect((await call('GET', `/webhooks?orgId=${orgId}&webhookId=${id}`, undefined, key)).body).toMatchObject(
      expected,
    );
  await refused('LIM', { error: 'no_permission', message: 'App-scoped API keys cannot manage organization webhooks' });
  await refused('WRITE', { error: 'no_permission', message: 'You need admin access to manage webhooks' });
  await refused('KEY_B', { error: 'invalid_org_id' });
  await refused(
    'KEY_B',
    { error: 'no_permission', message: 'Webhook does not belong to this organization' },
    names['ORG_B'],
  );
});

describe('addresses that the owner did not allow', () => {
  const realLookup = dns.lookup;
  const zone: Record<string, string> = { 'inside.example.com': '10.1.2.3', 'outside.example.com': '93.184.215.14' };
  /** The resolver of the machine, for these names; it knows no others of example.com. */
  const answer = (
    name: string,
    options: dns.LookupAllOptions,
    done: (error: Error | null, found?: object[]) => void,
  ) => {
    if (!name.endsWith('example.com')) return realLookup(name, options, done);
    const address = zone[name];
    if (!address) return done(Object.assign(new Error(name), { code: 'ENOTFOUND' }));
    done(null, [{ address, family: 4 }]);
  };
  let strict: TestServer;
  beforeAll(async () => {
    strict = await startTestServer();
    Object.assign(dns, { lookup: answer });
    syncBuiltinESMExports();
  });
  afterAll(async () => {
    Object.assign(dns, { lookup: realLookup });
    syncBuiltinESMExports();
    await strict.close();
  });

  test.each([
    ['http://example.com/h', 'Webhook URL must use HTTPS'],
    ['https://localhost/h', 'Webhook URL must point to a public host'],
    ['https://10.0.0.1/h', 'Webhook URL must use a hostname, not an IP address'],
    ['https://[::1]/h', 'Webhook URL must use a hostname, not an IP address'],
    ['ftp://example.com', 'Invalid webhook URL'],
    ['https://ann:secret@example.com/h', 'Webhook URL must not contain a user or a password'],
    ['https://inside.example.com/h', 'Webhook URL must point to a public host'],
  ])('%s', async (refused, message) => {
    const response = await strict.app.inject({
      method: 'POST',
      url: '/webhooks',
      headers: { authorization: strict.adminKey },
      payload: JSON.stringify({ orgId: strict.orgId, name: 'w', url: refused, events: ['apps'] }),
    });
    expect(response.json()).toMatchObject({ error: 'invalid_url', message });
    expect(response.body).not.toMatch(/example\.com|secret|10\.1\.2\.3/);
  });

  test('a webhook is not changed to a name inside the network, one outside or unknown is fine', async () => {
    const ask = async (method: 'POST' | 'PUT', fields: object) => {
      const payload = JSON.stringify({ orgId: strict.orgId, ...fields });
      const headers = { authorization: strict.adminKey };
      return (await strict.app.inject({ method, url: '/webhooks', headers, payload })).json();
    };
    const { webhook } = await ask('POST', { name: 'w', url: 'https://outside.example.com/h', events: ['apps'] });
    const change = (to: string) => ask('PUT', { webhookId: webhook.id, url: to });
    expect(await change('https://inside.example.com/h')).toMatchObject({ error: 'invalid_url' });
    expect(await change('https://unknown.example.com/h')).toMatchObject({ status: 'Webhook updated' });
  });

  test('a name that resolves to a private address is refused when connecting', async () => {
    const outcome = await send(strict.parts.webhooks.dispatcher, url.replace('127.0.0.1', 'localhost'), {}, '{}');
    expect(outcome).toMatchObject({ status: undefined, body: 'The address is not a public one' });
    expect(received).toEqual([]);
  });
});
