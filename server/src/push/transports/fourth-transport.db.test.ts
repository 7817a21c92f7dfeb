// A transport that this server does not have, for a platform that it does not reach: from its registration to its delivery, with no other file changed.

import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemActor } from '../../accounts/caller.ts';
import { buildApp } from '../../app.ts';
import { Metrics } from '../../metrics.ts';
import { basic } from '../../testing/push-world.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { runWalk } from '../delivery/fanout.ts';
import { pushQueues } from '../jobs.ts';
import { enablePush } from '../owner/apps.ts';
import { storeCredential } from '../owner/owner-changes.ts';
import { refuse } from '../refusals.ts';
import { openPush, type PushRoom } from '../room.ts';
import { buildEach, openToken } from './build-each.ts';
import { openTransports } from './open.ts';
import { Transports } from './registry.ts';
import type { Transport, TransportParts } from './transport.ts';

const sent: { readonly key: string; readonly token: string; readonly text: string }[] = [];

/** HarmonyOS phones, over a service that takes everything. */
const harmony = ({ vault }: TransportParts): Transport<{ key: string }, { token: string; text: string }> => ({
  name: 'harmony',
  title: 'Harmony Push',
  platforms: ['hmos'],
  limits: { parallel: 1, payloadBytes: () => 20, refusalsToBlame: 1 },
  deviceColumns: [],
  secretFields: ['key'],
  parseCredential: (fields) => ({ key: String(fields.required('key')) }),
  readAddress(fields) {
    const token = String(fields.required('token'));
    return { identity: token, secret: token, facts: {} };
  },
  checkPayload({ message }) {
    if (String(message.notification?.alert).length > 20) throw refuse('too_large', 'the harmony payload');
  },
  build: (outgoing, deliveries) =>
    buildEach(deliveries, ({ target }) => ({
      request: {
        token: openToken(vault, outgoing.app_id, target.sealed),
        text: String(outgoing.message.notification?.alert),
      },
    })),
  open: ({ key }) => ({
    route: () => ({ service: 'harmony', host: 'harmony.test' }),
    async send(request) {
      sent.push({ key, ...request });
      return { outcome: { class: 'ok', id: undefined } };
    },
    close: async () => undefined,
  }),
});

let server: TestServer;
let app: FastifyInstance;
let push: PushRoom;
const app_id = 'com.example.harmony';
let caller = '';
let app_key = '';

beforeAll(async () => {
  server = await startTestServer({ allowPrivateAddresses: true });
  const { db } = server.database;
  const { config, jobs } = server.parts;
  push = openPush({
    db,
    jobs,
    vault: server.parts.vault,
    secret: config.secret,
    publicUrl: config.publicUrl,
    reportPath: '/reports',
    allowPrivate: true,
    readRequest: server.parts.push.readRequest,
    openTransports: (parts) => new Transports([...openTransports(parts).list, harmony(parts)]),
    warn: () => undefined,
    metrics: new Metrics(),
  });
  await jobs.start(pushQueues(push), false);
  app = await buildApp({ ...server.parts, push });
  await db.insertInto('apps').values({ app_id, owner_org: server.orgId, name: 'Harmony' }).execute();
  const enabled = await enablePush(db, { app_id, owner_org: server.orgId });
  app_key = enabled.app_key;
  caller = basic(app_key, enabled.master_secret);
});
afterAll(async () => {
  await app.close();
  await push.close();
  await server.close();
});

const post = async (url: string, payload: object) => {
  const answer = await app.inject({ method: 'POST', url, headers: { authorization: caller }, payload });
  return { status: answer.statusCode, json: answer.json() };
};
const register = (channel: string) =>
  post('/v4/app/register', { app_key, platform: 'hmos', channel, token: 'harmony-token-1' });
const say = (alert: string) => ({ to: 'all', body: { platform: 'hmos', notification: { alert } } });

test('a phone registers with it, and with no transport of another platform', async () => {
  expect(await register('harmony')).toMatchObject({ status: 200 });
  expect((await register('fcm')).json.error.message).toContain('channel fcm is for android and ios only');
});

test('without a credential nobody is reached', async () => {
  expect(await post('/v4/push', say('hello'))).toMatchObject({ status: 400, json: { error: { code: 21011 } } });
});

test('its credential is stored, its secret is not shown', async () => {
  const by = { actor: systemActor, org_id: server.orgId };
  await storeCredential(push, by, app_id, 'harmony', { key: 'a secret', region: 'eu' });
  const { details } = await push.db
    .selectFrom('push_credentials')
    .select('details')
    .where('app_id', '=', app_id)
    .executeTakeFirstOrThrow();
  expect(details).toEqual({ channel: 'harmony', has_ca: false });
  await expect(storeCredential(push, by, app_id, 'harmony', {})).rejects.toMatchObject({ code: 'push_field_missing' });
});

test('a push is accepted, fanned out and delivered by it', async () => {
  const { status, json } = await post('/v4/push', say('hello'));
  expect({ status, json }).toMatchObject({ status: 200, json: { msg_id: expect.any(String) } });
  const msg_id = Number(json.msg_id);
  await runWalk(push, { app_id, msg_id, first_shard: 0 });
  expect(sent).toEqual([{ key: 'a secret', token: 'harmony-token-1', text: 'hello' }]);
  const details = await app.inject({
    method: 'GET',
    url: `/v4/status/detail?message_ids=${msg_id}`,
    headers: { authorization: caller },
  });
  expect(details.json()[msg_id]).toMatchObject({ targets: 1, sent: 1 });
});

test('its limit holds when a push is accepted', async () => {
  expect(await post('/v4/push', say('x'.repeat(21)))).toMatchObject({ status: 400, json: { error: { code: 21005 } } });
});
