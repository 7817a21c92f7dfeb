import { describe, expect, test } from 'vitest';
import { createVault } from '../../../secrets.ts';
import { startFakeApns } from '../../../testing/fake-apns.ts';
import { silentMessage } from '../../message/message.ts';
import { aDelivery, buildOne, describeTransport, type Verdict } from '../transport.suite.ts';
import { apns } from './apns.ts';

const ANSWERS = {
  gone: { status: 410, reason: 'Unregistered' },
  refused: { status: 400, reason: 'BadDeviceToken' },
  busy: { status: 429, reason: 'TooManyRequests' },
  broken: { status: 503, reason: 'ServiceUnavailable' },
} as const satisfies Record<Verdict, object>;

describeTransport(apns, async () => {
  const service = await startFakeApns();
  let count = 0;
  return {
    credential: service.credential,
    addDevice() {
      count += 1;
      const token = count.toString(16).padStart(64, 'a');
      return {
        registration: { token },
        received: () =>
          service.requests.filter((each) => each.token === token).map(({ payload }) => String(payload.aps?.['alert'])),
        answers: (verdict) => void service.answers.set(token, ANSWERS[verdict]),
      };
    },
    close: () => service.close(),
  };
});

describe('a phone that registered no token for a kind of message', () => {
  const transport = apns({ vault: createVault('a secret'), secret: 'a secret' });
  const calling = {
    ...silentMessage(['ios'], { msg_content: '', extras: undefined }),
    message: undefined,
    voip: { a: 1 },
  };

  test.each(['voip', 'live_activity'] as const)('gets no %s by its token for notifications', async (kind) => {
    const built = await buildOne(transport, calling, { ...aDelivery, kind });
    expect(built).toEqual({
      attempt: { class: 'unreachable', code: 0, reason: `the phone registered no token for ${kind}` },
    });
  });
});
