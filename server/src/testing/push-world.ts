// A server with an app or two that can push, and fakes of every push service: the ground of the push tests.

import type { InjectOptions } from 'fastify';
import type { Db } from '../db/database.ts';
import { registerDevice } from '../push/audience/registration.ts';
import { runWalk } from '../push/delivery/fanout.ts';
import { runRetry } from '../push/delivery/retry.ts';
import { pushQueues } from '../push/jobs.ts';
import { createGroup, enablePush, setGroupApps } from '../push/owner/apps.ts';
import { parseCredential, saveCredential } from '../push/owner/credentials.ts';
import type { PushRoom } from '../push/room.ts';
import { packSubscription } from '../push/transports/webpush/subscription.ts';
import type { FakeApns } from './fake-apns.ts';
import { startFakeApns } from './fake-apns.ts';
import { type FakeFcm, startFakeFcm } from './fake-fcm.ts';
import { type FakeBrowser, type FakePushService, startFakePushService } from './fake-push-service.ts';
import { startTestServer, type TestServer } from './server.ts';

export interface TestApp {
  readonly app_id: string;
  readonly app_key: string;
  readonly master_secret: string;
  readonly authorization: string;
}

export interface TestBrowser extends FakeBrowser {
  readonly registration_id: string;
  readonly device_secret: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted on, field by field
  readonly json: any;
}

export interface PushWorld {
  readonly server: TestServer;
  readonly service: FakePushService;
  readonly fcm: FakeFcm;
  readonly apns: FakeApns;
  createApp(channels?: readonly ('webpush' | 'fcm' | 'apns')[]): Promise<TestApp>;
  createGroup(apps: readonly TestApp[]): Promise<{ group_key: string; group_secret: string; authorization: string }>;
  addBrowser(app: TestApp, facts?: BrowserFacts): Promise<TestBrowser>;
  addPhone(app: TestApp, platform: 'android' | 'ios', token: string): Promise<string>;
  call(app: TestApp | undefined, method: string, url: string, body?: unknown, options?: InjectOptions): Promise<Answer>;
  /** Waits until nothing of the message is left to send. */
  settle(msg_id: string | number): Promise<void>;
  close(): Promise<void>;
}

interface BrowserFacts {
  readonly language?: string;
  readonly timezone?: string;
  readonly browser?: string;
  readonly device_id?: string;
}

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

interface PushWorldOptions {
  /** Leaves sending to the job workers. Without them `settle` does their work at once, which saves the polling. */
  readonly workers?: boolean;
}

export async function startPushWorld(options: PushWorldOptions = {}): Promise<PushWorld> {
  const server = await startTestServer({ allowPrivateAddresses: true });
  const { push, jobs } = server.parts;
  const [service, fcm, apns] = await Promise.all([startFakePushService(), startFakeFcm(), startFakeApns()]);
  await jobs.start(pushQueues(push), options.workers === true);
  const credentials = {
    webpush: { subject: 'mailto:owner@example.com', hosts: ['localhost'], ca: service.ca },
    fcm: fcm.credential,
    apns: apns.credential,
  };
  let count = 0;
  return {
    server,
    service,
    fcm,
    apns,
    async createApp(channels = ['webpush', 'fcm', 'apns']) {
      count += 1;
      const app_id = `com.example.push${count}`;
      const owner_org = server.orgId;
      await push.db
        .insertInto('apps')
        .values({ app_id, owner_org, name: `App ${count}` })
        .execute();
      const { app_key, master_secret } = await enablePush(push.db, { app_id, owner_org });
      for (const channel of channels) {
        const transport = push.transports.get(channel);
        const credential = parseCredential(transport, credentials[channel], true);
        await saveCredential(push.db, push.vault, app_id, transport, credential);
      }
      return { app_id, app_key, master_secret, authorization: basic(app_key, master_secret) };
    },
    async createGroup(apps) {
      const { group_key, group_secret } = await createGroup(push.db, { owner_org: server.orgId, name: 'Group' });
      const group = { group_key, owner_org: server.orgId, name: 'Group', enabled: true };
      await setGroupApps(
        push.db,
        group,
        apps.map((app) => app.app_id),
      );
      return { group_key, group_secret, authorization: basic(`group-${group_key}`, group_secret) };
    },
    async addBrowser(app, facts = {}) {
      const browser = service.subscribe();
      const { endpoint, keys } = browser.subscription;
      const subscription = {
        endpoint,
        p256dh: Buffer.from(keys.p256dh, 'base64url'),
        auth: Buffer.from(keys.auth, 'base64url'),
      };
      const { registration_id, device_secret = '' } = await registerDevice(push.db, push.vault, app.app_id, {
        platform: 'web',
        channel: 'webpush',
        address: { identity: endpoint, secret: packSubscription(subscription), facts: {} },
        facts: { browser: 'chrome', ...facts },
      });
      return Object.assign(browser, { registration_id, device_secret });
    },
    async addPhone(app, platform, token) {
      const { registration_id } = await registerDevice(push.db, push.vault, app.app_id, {
        platform,
        channel: platform === 'ios' ? 'apns' : 'fcm',
        // As a registration does it: the host is found out anew.
        address: { identity: token, secret: token, facts: platform === 'ios' ? { apns_other_host: false } : {} },
        facts: {},
      });
      return registration_id;
    },
    async call(app, method, url, body, more = {}) {
      const answer = await server.app.inject({
        method: method as 'POST',
        url,
        headers: { ...(app && { authorization: app.authorization }), ...more.headers },
        ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
        ...(more.remoteAddress && { remoteAddress: more.remoteAddress }),
      });
      const json = answer.body === '' ? undefined : JSON.parse(answer.body);
      return { status: answer.statusCode, headers: answer.headers, json };
    },
    async settle(msg_id) {
      for (let tries = 0; tries < 400; tries += 1) {
        if (!options.workers) await workOn(push, Number(msg_id));
        const row = await findMessage(push.db, Number(msg_id));
        if (row && row.state !== 'queued') return;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      throw new Error(`Message ${msg_id} did not settle in 10 s`);
    },
    async close() {
      await server.close();
      await Promise.all([service.close(), fcm.close(), apns.close()]);
    },
  };
}

function findMessage(db: Db, msg_id: number) {
  return db.selectFrom('push_messages').select(['app_id', 'state']).where('msg_id', '=', msg_id).executeTakeFirst();
}

/** What the workers would do for this message now. */
async function workOn(push: PushRoom, msg_id: number): Promise<void> {
  const message = await findMessage(push.db, msg_id);
  if (message?.state !== 'queued') return;
  const { app_id } = message;
  const walks = await push.db
    .selectFrom('push_walks')
    .select('first_shard')
    .where('msg_id', '=', msg_id)
    .where('done', '=', false)
    .execute();
  for (const { first_shard } of walks) await runWalk(push, { app_id, msg_id, first_shard });
  const due = await push.db
    .selectFrom('push_deliveries')
    .select('msg_id')
    .where('msg_id', '=', msg_id)
    .where('state', '=', 'queued')
    .where('next_at', '<=', new Date())
    .executeTakeFirst();
  if (due) await runRetry(push, { app_id, msg_id });
}
