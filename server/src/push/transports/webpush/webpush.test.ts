import { expect, test } from 'vitest';
import { createVault } from '../../../secrets.ts';
import { startFakePushService } from '../../../testing/fake-push-service.ts';
import { silentMessage } from '../../message/message.ts';
import { aDelivery, buildOne, describeTransport, type Verdict } from '../transport.suite.ts';
import { newVapidKeys } from './vapid.ts';
import { webPush } from './webpush.ts';

const ANSWERS = {
  gone: { status: 410 },
  refused: { status: 403 },
  busy: { status: 429, headers: { 'retry-after': '7' } },
  broken: { status: 503 },
} as const satisfies Record<Verdict, object>;

describeTransport(webPush, async () => {
  const service = await startFakePushService();
  const keys = newVapidKeys();
  return {
    credential: { ...keys, subject: 'mailto:owner@example.com', hosts: ['localhost'], ca: service.ca },
    addDevice() {
      const browser = service.subscribe();
      return {
        registration: { subscription: browser.subscription, vapid_key: keys.public_key },
        received: () => browser.received.map(({ text }) => (JSON.parse(text) as { body: string }).body),
        answers(verdict) {
          browser.answer = ANSWERS[verdict];
        },
      };
    },
    close: () => service.close(),
  };
});

test('a message that browsers cannot show says so, instead of going out empty', async () => {
  const transport = webPush({ vault: createVault('a secret'), secret: 'a secret' });
  const silent = silentMessage(['web'], { msg_content: '', extras: undefined });
  const built = await buildOne(transport, silent, aDelivery);
  expect(built).toEqual({ attempt: { class: 'unbuilt', reason: expect.stringContaining('alert is empty') } });
  await transport.close?.();
});
