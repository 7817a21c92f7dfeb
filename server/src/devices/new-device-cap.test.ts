import { expect, test } from 'vitest';
import { localRateLimits } from '../rate-limit.ts';
import { HOUR_MS } from '../utc-day.ts';
import { NewDeviceCap } from './new-device-cap.ts';

const app_id = 'com.example.cap';

test('a network brings so many devices in an hour, to each app, and as many again in the next', () => {
  const cap = new NewDeviceCap(localRateLimits, 3);
  const admitted = (ip: string, app = app_id, nowMs = 10 * HOUR_MS) =>
    Array.from({ length: 5 }, () => cap.admits(app, ip, nowMs)).filter(Boolean).length;
  expect(admitted('192.0.2.7')).toBe(3);
  expect(admitted('192.0.2.250'), 'another address of the same network').toBe(0);
  expect(admitted('192.0.3.7'), 'another network').toBe(3);
  expect(admitted('192.0.2.7', 'com.example.other')).toBe(3);
  expect(admitted('192.0.2.7', app_id, 11 * HOUR_MS - 1)).toBe(0);
  expect(admitted('192.0.2.7', app_id, 11 * HOUR_MS)).toBe(3);
});

test('0 switches it off', () => {
  const cap = new NewDeviceCap(localRateLimits, 0);
  expect(Array.from({ length: 1_000 }, () => cap.admits(app_id, '::1', 0))).not.toContain(false);
});
