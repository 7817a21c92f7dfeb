// Phones and browsers that are registered for push, behind stand-ins of Google's service and of a browser's.

import { type FakeFcm, fcmError, startFakeFcm } from '../../server/src/testing/fake-fcm.ts';
import { type FakePushService, startFakePushService } from '../../server/src/testing/fake-push-service.ts';
import type { World } from './world.ts';

interface Registered {
  readonly registration_id: string;
  readonly device_secret: string;
}

export interface PushServices {
  /** Turns push on for an app, with credentials of both services. Answers with its key. */
  setUp(app_id: string): Promise<string>;
  addPhone(app_key: string, facts?: { alias?: string; tags?: string[] }): Promise<Registered>;
  addBrowser(app_key: string): Promise<Registered>;
  /** From now on this phone's token is refused as one of another project. */
  refuse(app_key: string): Promise<Registered>;
  report(app_key: string, device: Registered, msg_id: string, ...types: string[]): Promise<void>;
  close(): Promise<void>;
}

export async function openPushServices(world: World): Promise<PushServices> {
  const [fcm, browsers]: [FakeFcm, FakePushService] = await Promise.all([startFakeFcm(), startFakePushService()]);
  let phones = 0;
  const post = async <Answer>(path: string, body: object): Promise<Answer> => {
    const answer = await fetch(world.server.url + path, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Answer;
  };
  const newToken = () => {
    phones += 1;
    return `token-of-phone-${phones}`;
  };
  const addPhone = (app_key: string, facts: object = {}, token = newToken()) =>
    post<Registered>('/v4/app/register', { app_key, platform: 'android', channel: 'fcm', token, ...facts });
  return {
    async setUp(app_id) {
      const { push } = world.client;
      const { app_key } = await push.enable({ app_id });
      await push.saveCredential({ app_id, channel: 'fcm', credential: fcm.credential });
      const credential = { subject: 'mailto:owner@example.com', hosts: ['localhost'], ca: browsers.ca };
      await push.saveCredential({ app_id, channel: 'webpush', credential });
      return app_key;
    },
    addPhone,
    async addBrowser(app_key) {
      const config = await fetch(`${world.server.url}/v4/web/config?app_key=${app_key}`);
      const { vapid_public_key } = (await config.json()) as { vapid_public_key: string };
      const { subscription } = browsers.subscribe();
      return post('/v4/web/register', { app_key, subscription, vapid_key: vapid_public_key });
    },
    async refuse(app_key) {
      const token = newToken();
      fcm.answers.set(token, fcmError(404, 'NOT_FOUND', 'UNREGISTERED', 'Requested entity was not found.'));
      return addPhone(app_key, {}, token);
    },
    async report(app_key, { registration_id, device_secret }, msg_id, ...types) {
      const events = types.map((type) => ({ type }));
      await post('/v4/app/report', { app_key, registration_id, device_secret, msg_id, events });
    },
    async close() {
      await Promise.all([fcm.close(), browsers.close()]);
    },
  };
}

/** Once nothing of it is left to send. */
export async function untilSent({ client }: World, app_id: string, msg_id: string): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    if ((await client.push.message({ app_id, msg_id })).state === 'sent') return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`Message ${msg_id} of ${app_id} was not sent`);
}
