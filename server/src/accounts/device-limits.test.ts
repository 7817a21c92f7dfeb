import { expect, test } from 'vitest';
import { localRateLimits } from '../rate-limit.ts';
import { deviceLimits } from './device-limits.ts';

const app_id = 'com.example.app';

test('a thousand calls a minute from one address for one app, whichever devices they are about', () => {
  const limits = deviceLimits(localRateLimits, 'test', { perSecond: 5, perAddressAndMinute: 1_000 });
  const ask =
    (nowMs: number, ip = '192.0.2.1', app = app_id) =>
    () =>
      limits.check('get', { app_id: app, device_id: `device ${nowMs}` }, ip, nowMs);
  for (let call = 0; call < 1_000; call += 1) expect(ask(call)).not.toThrow();
  expect(ask(30_000)).toThrow(
    expect.objectContaining({
      code: 'too_many_requests',
      status: 429,
      detail: expect.objectContaining({ app_id, reason: 'ip_rate_limit_exceeded', retryAfterSeconds: 30 }),
    }),
  );
  expect(ask(30_000, '192.0.2.2')).not.toThrow();
  expect(ask(30_000, '192.0.2.1', 'com.example.other')).not.toThrow();
  expect(ask(60_001)).not.toThrow();
});

test('a line of IPv6 is one address, however many it uses', () => {
  const limits = deviceLimits(localRateLimits, 'test', { perSecond: 5, perAddressAndMinute: 1 });
  const ask = (ip: string) => () => limits.check('get', { app_id, device_id: ip }, ip, 0);
  expect(ask('2001:db8:1:2::1')).not.toThrow();
  expect(ask('2001:db8:1:2:ffff::9')).toThrow('Too many requests');
  expect(ask('2001:db8:1:3::1')).not.toThrow();
});

test('what one key used up is not taken from another', () => {
  const limits = deviceLimits(localRateLimits, 'test', { perSecond: 1, perAddressAndMinute: 1_000 });
  const device = { app_id, device_id: 'one' };
  const ask = (askedBy: number) => () => limits.check('set', { ...device, askedBy }, '192.0.2.1', 0);
  expect(ask(1)).not.toThrow();
  expect(ask(1)).toThrow('Too many requests');
  expect(ask(2)).not.toThrow();
  expect(limits.repeatsChannel({ ...device, askedBy: 1 }, 'beta', 0)).toBeUndefined();
  expect(limits.repeatsChannel({ ...device, askedBy: 1 }, 'beta', 0)).toBe(60_000);
  expect(limits.repeatsChannel({ ...device, askedBy: 2 }, 'beta', 0)).toBeUndefined();
});
