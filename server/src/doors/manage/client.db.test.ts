// Every method of the typed client against the real server: what its types promise is what comes.

import { createClient } from '@overair/protocol/client';
import { ApiKey, ApiKeyWithSecret } from '@overair/protocol/manage/apikey';
import { App } from '@overair/protocol/manage/app';
import { Approval, ApprovalAnswered } from '@overair/protocol/manage/approval';
import { Attention, Matter } from '@overair/protocol/manage/attention';
import { AuditPage } from '@overair/protocol/manage/audit';
import { Bundle } from '@overair/protocol/manage/bundle';
import { Channel } from '@overair/protocol/manage/channel';
import { BundleComparison } from '@overair/protocol/manage/compare';
import { ConnectCodes, ConnectedKey, ConnectRequest } from '@overair/protocol/manage/connect';
import { Device, DeviceList } from '@overair/protocol/manage/device';
import { DeviceLog, Explanation } from '@overair/protocol/manage/device-log';
import { Freeze } from '@overair/protocol/manage/freeze';
import { Member } from '@overair/protocol/manage/member';
import { Organization, OrganizationSettings } from '@overair/protocol/manage/organization';
import { AppEventPage, FailureGroups, Outcomes } from '@overair/protocol/manage/outcomes';
import { Polled } from '@overair/protocol/manage/polled';
import { Committed, Prepared, Rehearsal } from '@overair/protocol/manage/rehearsal';
import { Release } from '@overair/protocol/manage/release';
import { ServerState } from '@overair/protocol/manage/server';
import {
  BundleUsage,
  DayStatistics,
  HeldBack,
  NativeUsage,
  StatisticsBreakdown,
} from '@overair/protocol/manage/statistics';
import { DeliveryPage, Webhook, WebhookTested, WebhookWithStats } from '@overair/protocol/manage/webhook';
import { type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { DAY_MS } from '../../utc-day.ts';
import { APP, buildFixture, keyValue, type Names } from './testing/fixture.ts';

let server: TestServer;
let names: Names;
const asked = new Set<string>();

beforeAll(async () => {
  server = await startTestServer({ allowPrivateAddresses: true });
  names = await buildFixture(server.database.db);
});
afterAll(() => server.close());

/** The client's own fetch, led into the application without a port. */
async function intoTheApp(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const { pathname, search } = new URL(String(input));
  const method = (init?.method ?? 'GET') as 'GET';
  asked.add(`${method} ${pathname}`);
  const answer = await server.app.inject({
    method,
    url: pathname + search,
    headers: init?.headers as Record<string, string>,
    ...(init?.body != null && { payload: String(init.body) }),
  });
  return new Response(answer.body, { status: answer.statusCode });
}

const clientOf = (key: string) =>
  createClient({ server: 'http://overair.test', apiKey: keyValue(key), fetch: intoTheApp as typeof fetch });

/** Dates travel as text, so the answer is held against the schema as it came. */
function expectShape(schema: TSchema, value: unknown): void {
  expect([...Value.Errors(schema, value)]).toEqual([]);
}

const range = { from: '2024-01-01', to: '2024-01-03' };

test('apps', async () => {
  const { apps } = clientOf('ALL');
  const app = { app_id: 'com.client.app', name: 'Client', owner_org: String(names['ORG_A']) };
  expectShape(App, await apps.create(app));
  expectShape(Type.Array(App), await apps.list({ page: 0, limit: 10 }));
  expectShape(App, await apps.get(APP));
  expect((await apps.update('com.client.app', { retention: 30 })).retention).toBe(30);
  expect(await apps.delete('com.client.app')).toEqual({ status: 'ok' });
});

test('bundles and channels', async () => {
  const { bundles, channels } = clientOf('ALL');
  const bundle = { app_id: APP, version: '3.0.0', external_url: 'https://x.test/b.zip', checksum: 'c' };
  expectShape(Bundle, await bundles.create(bundle));
  expectShape(Type.Array(Bundle), await bundles.list({ app_id: APP }));
  expect(await bundles.list({ app_id: APP, page: 9 })).toEqual([]);
  const { releases } = clientOf('ALL');
  const polled = { app_id: APP, channel: 'client', name: 'n', url: 'https://numbers.example.com/n?token=t', bound: 1 };
  await channels.save({ app_id: APP, channel: 'client' });
  expectShape(Polled, await releases.savePolled(polled));
  expectShape(Type.Array(Polled), await releases.listPolled({ app_id: APP }));
  expect(await releases.deletePolled({ app_id: APP, channel: 'client', name: 'n' })).toEqual({ status: 'ok' });
  expect(await clientOf('ALL').releases.listWithheld({ app_id: APP })).toEqual([]);
  await expect(clientOf('ALL').releases.liftWithheld({ app_id: APP, id: 999_999 })).rejects.toMatchObject({
    status: 404,
  });
  expectShape(BundleComparison, await bundles.compare({ app_id: APP, a: '1.0.0', b: '1.0.0' }));
  await bundles.updateMetadata({ app_id: APP, version_id: Number(names['V1']), link: 'https://x.test' });
  await channels.save({ app_id: APP, channel: 'client', version: '1.1.0' });
  expectShape(Type.Array(Channel), await channels.list({ app_id: APP }));
  const channel = await channels.get(APP, 'client');
  expectShape(Channel, channel);
  await bundles.setChannel({ app_id: APP, version_id: Number(names['V1']), channel_id: channel.id });
  await channels.delete({ app_id: APP, channel: 'client' });
  expect(await bundles.delete({ app_id: APP, version: '3.0.0' })).toEqual({ status: 'ok' });
});

test('releases', async () => {
  const { channels, releases } = clientOf('ALL');
  for (const version of ['1.0.0', '1.1.0']) await channels.save({ app_id: APP, channel: 'client', version });
  const [newest] = await releases.list({ app_id: APP, channel: 'client' });
  expectShape(Release, newest);
  expect(await releases.get(APP, newest!.id)).toMatchObject({ bundle: '1.1.0', previous: '1.0.0', state: 'running' });
  const signal = { app_id: APP, release_id: newest!.id, name: 'crashes', value: 1, bound: 2 };
  expectShape(Release, await releases.signal(signal));
  expectShape(Release, await releases.answerGuard({ app_id: APP, release_id: newest!.id, answer: 'keep' }));
  expect(await releases.rollBack({ app_id: APP, channel: 'client' })).toMatchObject({ bundle: '1.0.0' });
  const planned = await releases.start({ app_id: APP, channel: 'client', version: '1.1.0', plan: 'careful' });
  expect(planned).toMatchObject({ bundle: '1.1.0', plan: { state: 'running', step: 0 } });
  const paused = await releases.movePlan({ app_id: APP, release_id: planned.id, action: 'pause' });
  expectShape(Release, paused);
  expect(paused.plan?.state).toBe('paused');
  await channels.delete({ app_id: APP, channel: 'client' });
});

test('freezes, and a second person', async () => {
  const { approvals, channels, freezes } = clientOf('ALL');
  const place = { app_id: APP, channel: 'careful' };
  await channels.save({ ...place, version: '1.0.0' });
  const [from, to] = [1, 2].map((day) => new Date(Date.now() + day * DAY_MS).toISOString()) as [string, string];
  const added = await freezes.add({ ...place, name: 'holidays', from, to });
  expectShape(Freeze, added);
  expect(await freezes.list({ app_id: APP })).toContainEqual(added);
  expect(await freezes.remove({ app_id: APP, freeze_id: added.id })).toEqual({ status: 'ok' });

  await channels.save({ ...place, needs_approval: true });
  const asked = await approvals.request({ call: 'POST /channel', input: { ...place, version: '1.1.0' } });
  expectShape(Approval, asked);
  expect(await approvals.list({ app_id: APP })).toHaveLength(1);
  expectShape(Approval, await approvals.get(APP, asked.id));
  const answer = { app_id: APP, approval_id: asked.id, answer: 'withdraw' as const };
  expectShape(ApprovalAnswered, await approvals.answer(answer));
});

test('the server', async () => {
  expectShape(ServerState, await clientOf('ALL').server());
});

test('rehearsals', async () => {
  const { channels, rehearsals } = clientOf('ALL');
  const place = { app_id: APP, channel: 'rehearsed' };
  await channels.save({ ...place, version: '1.0.0' });
  expectShape(Rehearsal, await rehearsals.rehearse({ ...place, change: { version: '1.1.0' } }));
  const prepared = await rehearsals.prepare({ call: 'POST /channel', input: { ...place, version: '1.1.0' } });
  expectShape(Prepared, prepared);
  const { token, expected_updated_at } = prepared;
  const committed = await rehearsals.commit({ token, expected_updated_at }, 'client test');
  expectShape(Committed, committed);
  expect(await rehearsals.commit({ token, expected_updated_at }, 'client test')).toEqual(committed);
  expect((await channels.get(APP, 'rehearsed')).version?.name).toBe('1.1.0');
  await channels.delete(place);
});

test('devices', async () => {
  const { devices } = clientOf('ALL');
  const device_id = String(names['D1']);
  await devices.setChannel({ app_id: APP, device_id, channel: 'beta' });
  const device = await devices.get(APP, device_id);
  expectShape(Device, device);
  expect(device.channel).toBe('beta');
  expectShape(DeviceList, await devices.list({ app_id: APP, limit: 5, order: 'desc' }));
  await devices.clearChannel({ app_id: APP, device_id });
  expectShape(DeviceLog, await devices.log({ app_id: APP, device_id }));
  expectShape(Explanation, await devices.explain({ app_id: APP, device_id }));
});

test('organizations, members, audit', async () => {
  const { organizations } = clientOf('ALL');
  const { id } = await organizations.create({ name: 'Client org' });
  expectShape(Organization, await organizations.get(id));
  expectShape(OrganizationSettings, await organizations.settings(id));
  expectShape(Type.Array(Organization), await organizations.list());
  expectShape(OrganizationSettings, await organizations.update({ orgId: id, website: 'x.test' }));
  const email = 'u2@example.test';
  await organizations.invite({ orgId: id, email, invite_type: 'read' });
  expect(await clientOf('KEY_B').organizations.invitations()).toMatchObject([{ org_id: id, role: 'read' }]);
  await clientOf('KEY_B').organizations.acceptMembership(id);
  await organizations.changeMember({ orgId: id, email, role: 'write' });
  expectShape(Type.Array(Member), await organizations.members(id));
  await organizations.removeMember({ orgId: id, email });
  expectShape(AuditPage, await organizations.audit({ orgId: id, verify: 'all' }));
  expect(await organizations.delete(id)).toEqual({ status: 'ok' });
});

test('keys', async () => {
  const { keys } = clientOf('ALL');
  const created = await keys.create({ name: 'client', mode: 'upload', limited_to_apps: [APP] });
  expectShape(ApiKeyWithSecret, created);
  expectShape(Type.Array(ApiKey), await keys.list());
  expectShape(ApiKey, await keys.get(created.id));
  expect((await keys.update(created.id, { name: 'renamed' })).name).toBe('renamed');
  expect((await keys.regenerate(created.id)).key).not.toBe(created.key);
  await keys.delete(created.id);
  await expect(keys.get(created.id)).rejects.toMatchObject({ status: 404, code: 'failed_to_get_apikey' });
});

test('connect', async () => {
  const { connect } = clientOf('ALL');
  const waiting = await clientOf('').connect.ask({ client_name: 'client' });
  expectShape(ConnectCodes, waiting);
  await expect(connect.fetchKey(waiting.device_code)).rejects.toMatchObject({ code: 'authorization_pending' });
  expectShape(ConnectRequest, await connect.get(waiting.user_code));
  expect(await connect.approve({ user_code: waiting.user_code, mode: 'read' })).toEqual({ status: 'ok' });
  expectShape(ConnectedKey, await connect.fetchKey(waiting.device_code));
  expect(await connect.deny((await connect.ask({ client_name: 'client' })).user_code)).toEqual({ status: 'ok' });
});

test('statistics', async () => {
  const { statistics } = clientOf('ALL');
  const org = String(names['ORG_A']);
  expectShape(Type.Array(DayStatistics), await statistics.app(APP, { ...range, noAccumulate: true }));
  expectShape(Type.Array(DayStatistics), await statistics.organization(org, range));
  expectShape(StatisticsBreakdown, await statistics.organizationByApp(org, range));
  expectShape(Type.Array(DayStatistics), await statistics.user(range));
  expectShape(BundleUsage, await statistics.bundleUsage(APP, range));
  expectShape(NativeUsage, await statistics.nativeUsage(APP, range));
  expectShape(HeldBack, await statistics.heldBack(APP, range));
});

test('outcomes', async () => {
  const { apps } = clientOf('ALL');
  expectShape(Outcomes, await apps.outcomes(APP, { bucket: 'day' }));
  expectShape(FailureGroups, await apps.failures(APP));
  expectShape(AppEventPage, await apps.events(APP));
});

test('attention', async () => {
  const { attention } = clientOf('ALL');
  const lastWeek = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 7 * DAY_MS;
  const hours = [-1, 0].map((hour) => new Date(lastWeek + hour * 3_600_000));
  await server.database.db
    .insertInto('checks_hourly')
    .values(hours.map((hour) => ({ app_id: APP, hour, count: 1000 })))
    .execute();
  const answer = await attention.list({ app_id: APP });
  expectShape(Attention, answer);
  expectShape(Matter, await attention.acknowledge(answer.data[0]!.id));
});

test('webhooks', async () => {
  const { webhooks } = clientOf('ALL');
  const orgId = String(names['ORG_A']);
  const { id: webhookId } = await webhooks.create({
    orgId,
    name: 'w',
    url: 'http://127.0.0.1:9/',
    events: ['apps'],
  });
  expectShape(Type.Array(Webhook), await webhooks.list({ orgId }));
  expectShape(WebhookWithStats, await webhooks.get(orgId, webhookId));
  expectShape(Webhook, await webhooks.update({ orgId, webhookId, name: 'x' }));
  const tested = await webhooks.test({ orgId, webhookId });
  expectShape(WebhookTested, tested);
  expectShape(DeliveryPage, await webhooks.deliveries({ orgId, webhookId, status: 'failed' }));
  expect((await webhooks.retryDelivery({ orgId, deliveryId: tested.delivery_id })).deliveryId).toBe(tested.delivery_id);
  expect((await webhooks.delete({ orgId, webhookId })).webhookId).toBe(webhookId);
});

/** Push has methods of its own; a link's token comes from a person, and one route stands twice. */
const elsewhere = /^\w+ \/(push|invitation)\b|^PUT \/apikey$/;

test('no route is left to be called by hand', async () => {
  const { paths } = (await server.app.inject('/openapi.json')).json() as { paths: Record<string, object> };
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const wasAsked = (route: string) => {
    const pattern = new RegExp(`^${route.replace(/\{\w+\}/g, '[^/]+')}$`);
    return [...asked].some((each) => pattern.test(each));
  };
  expect(routes.filter((route) => !elsewhere.test(route) && !wasAsked(route))).toEqual([]);
});
