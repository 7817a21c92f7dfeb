import { expect, test } from 'vitest';
import type { Outcome } from '../transports/outcome.ts';
import { Breakers } from './breakers.ts';

const ok: Outcome = { class: 'ok', id: undefined };
const auth: Outcome = { class: 'auth', code: 403, reason: 'refused' };
const silent: Outcome = { class: 'transient', code: 0, reason: 'network: ECONNREFUSED' };

test('refused credentials pause for 1, 2, 5 and 15 minutes; a batch of refusals counts once', () => {
  const breakers = new Breakers();
  let now = 0;
  const pauses = [1, 2, 5, 15, 15].map(() => {
    const begun = breakers.learn('app:fcm', 'host', auth, now);
    expect(breakers.learn('app:fcm', 'host', auth, now + 1)).toBeUndefined();
    const minutes = ((begun?.untilMs ?? 0) - now) / 60_000;
    now = begun?.untilMs ?? now;
    return minutes;
  });
  expect(pauses).toEqual([1, 2, 5, 15, 15]);
});

test('success forgets, the refusal of a device does not', () => {
  const breakers = new Breakers();
  breakers.learn('app:fcm', 'host', auth, 0);
  expect(breakers.pause(['app:fcm'], 1)).toMatchObject({ reason: 'refused' });
  breakers.learn('app:fcm', 'host', { class: 'refused', code: 403, reason: 'SENDER_ID_MISMATCH', lasting: true }, 2);
  expect(breakers.pause(['app:fcm'], 3)).toMatchObject({ reason: 'refused' });
  breakers.learn('app:fcm', 'host', ok, 70_000);
  expect(breakers.learn('app:fcm', 'host', auth, 70_001)?.untilMs).toBe(130_001);
});

test('a service that stays silent is left alone for a while, another is not', () => {
  const breakers = new Breakers();
  for (let failure = 0; failure < 19; failure += 1) breakers.learn('app:webpush', 'app@down', silent, 0);
  expect(breakers.pause(['app@down'], 1)).toBeUndefined();
  breakers.learn('app:webpush', 'app@down', silent, 0);
  expect(breakers.pause(['app@down'], 1)?.untilMs).toBe(30_000);
  expect(breakers.pause(['app@other', 'app:webpush'], 1)).toBeUndefined();
  expect(breakers.pause(['app@down'], 30_001)).toBeUndefined();
});

test('after its pause one request tries a service that was down, and the others do not wait with it', () => {
  const breakers = new Breakers();
  for (let failure = 0; failure < 20; failure += 1) breakers.learn('app:webpush', 'app@down', silent, 0);
  expect(breakers.pause(['app:webpush', 'app@down'], 30_001)).toBeUndefined();
  expect(breakers.pause(['app:webpush', 'app@down'], 30_002)?.untilMs).toBe(40_001);
  breakers.learn('app:webpush', 'app@down', silent, 35_000);
  expect(breakers.pause(['app@down'], 40_002)?.untilMs).toBe(65_000);

  expect(breakers.pause(['app@down'], 65_001)).toBeUndefined();
  breakers.learn('app:webpush', 'app@down', ok, 65_050);
  expect(breakers.pause(['app@down'], 65_051)).toBeUndefined();
  expect(breakers.pause(['app@down'], 65_051)).toBeUndefined();
});

test('a service that asks for patience gets as much as it asked for', () => {
  const breakers = new Breakers();
  breakers.learn('app:fcm', 'host', { class: 'throttle', code: 429, reason: 'slow', retryAfterMs: 7_000 }, 100);
  expect(breakers.pause(['host'], 101)?.untilMs).toBe(7_100);
});
