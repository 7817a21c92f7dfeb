import { describe, expect, test } from 'vitest';
import { createVault } from '../../../secrets.ts';
import { fcmError, startFakeFcm } from '../../../testing/fake-fcm.ts';
import { silentMessage } from '../../message/message.ts';
import { sealAddress } from '../sealed-address.ts';
import { aDelivery, buildOne, describeTransport, type Verdict } from '../transport.suite.ts';
import { fcm } from './fcm.ts';

const ANSWERS = {
  gone: fcmError(404, 'NOT_FOUND', 'UNREGISTERED'),
  refused: fcmError(403, 'PERMISSION_DENIED', 'SENDER_ID_MISMATCH'),
  busy: fcmError(429, 'RESOURCE_EXHAUSTED', 'QUOTA_EXCEEDED'),
  broken: fcmError(503, 'UNAVAILABLE', 'UNAVAILABLE'),
} as const satisfies Record<Verdict, object>;

describeTransport(fcm, async () => {
  const service = await startFakeFcm();
  let count = 0;
  return {
    credential: service.credential,
    addDevice() {
      count += 1;
      const token = `token-of-phone-${count}`;
      return {
        registration: { token },
        received: () =>
          service.requests
            .filter(({ message }) => message.token === token)
            .map(({ message }) => (message['notification'] as { body: string }).body),
        answers: (verdict) => void service.answers.set(token, ANSWERS[verdict]),
      };
    },
    close: () => service.close(),
  };
});

test('an Android phone is waited for as long as is left of the message, not anew with each attempt', async () => {
  const vault = createVault('a secret');
  const transport = fcm({ vault, secret: 'a secret' });
  const target = { ...aDelivery.target, sealed: sealAddress(vault, 'com.example.app', 'the-phone') };
  const said = silentMessage(['android'], { msg_content: 'x', extras: undefined });
  // The clock of the test is that of the program, which reads it a moment later.
  const ttlOf = async (leftMs: number) => {
    const built = await buildOne(transport, said, { ...aDelivery, target, kind: 'message' }, leftMs);
    return Number.parseInt(
      (built as { request: { message: { android: { ttl: string } } } }).request.message.android.ttl,
      10,
    );
  };
  expect(said.options.ttl_seconds).toBeGreaterThan(3_600);
  expect(await ttlOf(1_800_000)).toBeLessThanOrEqual(1_800);
  expect(await ttlOf(1)).toBe(1);
});

describe('an iPhone that FCM reaches', () => {
  const vault = createVault('a secret');
  const transport = fcm({ vault, secret: 'a secret' });
  const sealed = (token: string) => sealAddress(vault, 'com.example.app', token);
  const target = { ...aDelivery.target, platform: 'ios', sealed: sealed('the-phone') } as const;
  const message = (part: object) => ({
    ...silentMessage(['ios'], { msg_content: '', extras: undefined }),
    message: undefined,
    ...part,
  });
  const activity = {
    event: 'update',
    content_state: { goals: 1 },
    attributes_type: undefined,
    attributes: undefined,
    alert: undefined,
    dismissal_date: undefined,
    stale_date: undefined,
    relevance_score: undefined,
    priority: 5,
  } as const;

  test('gets no call by its token for notifications', async () => {
    const built = await buildOne(transport, message({ voip: { a: 1 } }), { ...aDelivery, target, kind: 'voip' });
    expect(built).toMatchObject({ attempt: { class: 'unreachable', reason: 'FCM delivers no VoIP notifications' } });
  });

  test('gets a live activity with the token that it registered for it, and none without', async () => {
    const of = message({ live_activity: activity });
    const delivery = { ...aDelivery, target, kind: 'live_activity' } as const;
    expect(await buildOne(transport, of, delivery)).toMatchObject({ attempt: { class: 'unreachable' } });
    const registered = { ...target, activity_sealed: sealed('the-activity') };
    expect(await buildOne(transport, of, { ...delivery, target: registered })).toMatchObject({
      request: {
        token: 'the-phone',
        message: { apns: { live_activity_token: 'the-activity', payload: { aps: { event: 'update' } } } },
      },
    });
  });
});
