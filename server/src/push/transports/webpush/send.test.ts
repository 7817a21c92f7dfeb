import { expect, test } from 'vitest';
import { PostPool } from '../../../net/post-pool.ts';
import { startFakePushService } from '../../../testing/fake-push-service.ts';
import { sendWebPush } from './send.ts';
import { newVapidKeys, VapidSigner } from './vapid.ts';

test('a name that leads to a private address says nothing about the browser', async () => {
  const service = await startFakePushService();
  const browser = service.subscribe();
  const pool = new PostPool({ ca: service.ca });
  const signer = new VapidSigner(newVapidKeys(), 'mailto:owner@example.com');
  const endpoint = new URL(browser.subscription.endpoint);
  const message = { endpoint, body: new Uint8Array(200), ttlSeconds: () => 60, urgent: false, topic: undefined };
  const outcome = await sendWebPush(pool, signer, message);
  expect(outcome).toMatchObject({ class: 'refused', blameless: true, lasting: false });
  expect(browser.received).toEqual([]);
  await pool.close();
  await service.close();
});

test('a refused token is replaced once, and not for every browser of a batch', async () => {
  const signer = new VapidSigner(newVapidKeys(), 'mailto:owner@example.com');
  const origin = 'https://push.example.com';
  const first = signer.authorization(origin, 1_000);
  expect([signer.renew(origin, 1_010), signer.authorization(origin, 1_010)]).toEqual([false, first]);
  expect(signer.renew(origin, 1_100)).toBe(true);
  expect(signer.authorization(origin, 1_100)).not.toBe(first);
});
