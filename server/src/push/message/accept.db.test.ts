// What is refused before anything of a message is stored.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PushWorld, startPushWorld } from '../../testing/push-world.ts';

let world: PushWorld;
beforeAll(async () => {
  world = await startPushWorld();
});
afterAll(() => world.close());

test.each([
  [['apns'], undefined],
  [['apns', 'fcm'], 21003],
] as const)(
  'an iPhone message with a name that FCM keeps for itself, to an app with %j, is told %s',
  async (channels, code) => {
    const app = await world.createApp(channels);
    await world.addPhone(app, 'ios', 'a1'.repeat(32));
    const body = { platform: 'ios', message: { msg_content: 'x', extras: { 'google.name': 'x' } } };
    const { json } = await world.call(app, 'POST', '/v4/push/validate', { to: 'all', body });
    expect(json.error?.code).toBe(code);
  },
);
