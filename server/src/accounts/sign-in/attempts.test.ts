// Who guesses is slowed down; whose account it is still gets in.

import { describe, expect, test } from 'vitest';
import { localRateLimits } from '../../rate-limit.ts';
import { SignInAttempts } from './attempts.ts';

const email = 'owner@example.test';
const stranger = { email, ip: '192.0.2.66', device: undefined };

function failing(attempts: SignInAttempts, times: number, attempt = stranger): void {
  for (let at = 0; at < times; at += 1) attempts.failed(attempt);
}

describe('after ten wrong passwords from one address', () => {
  const attempts = new SignInAttempts('secret', localRateLimits, true);
  const mark = attempts.markFor(email);
  failing(attempts, 10);

  test('that address is told to wait, with this person', () => {
    expect(() => attempts.admit(stranger)).toThrow('Too many requests');
    expect(() => attempts.admit({ ...stranger, email: 'colleague@example.test' })).not.toThrow();
  });

  test('the person gets in from elsewhere, and from there by a browser that they used before', () => {
    expect(() => attempts.admit({ ...stranger, ip: '198.51.100.7' })).not.toThrow();
    expect(() => attempts.admit({ ...stranger, device: mark })).not.toThrow();
  });

  test('a mark of somebody else, or one made up, does not help', () => {
    const foreign = attempts.markFor('other@example.test');
    const elsewhere = new SignInAttempts('another secret', localRateLimits, true).markFor(email);
    for (const device of [foreign, elsewhere, 'x', `${mark}x`, '']) {
      expect(() => attempts.admit({ ...stranger, device })).toThrow('Too many requests');
    }
  });
});

test('guesses from a hundred addresses use up what strangers have, and not what the own browser has', () => {
  const attempts = new SignInAttempts('secret', localRateLimits, true);
  const device = attempts.markFor(email);
  for (let at = 0; at < 100; at += 1) attempts.failed({ ...stranger, ip: `192.0.2.${at}` });
  expect(() => attempts.admit({ ...stranger, ip: '203.0.113.1' })).toThrow('Too many requests');
  expect(() => attempts.admit({ ...stranger, ip: '203.0.113.1', device })).not.toThrow();
});

test('guesses for a hundred people from one address use up what the address has', () => {
  const attempts = new SignInAttempts('secret', localRateLimits, true);
  for (let at = 0; at < 100; at += 1) attempts.failed({ ...stranger, email: `person-${at}@example.test` });
  expect(() => attempts.admit(stranger)).toThrow('Too many requests');
});

test('a known browser has no more tries than a stranger', () => {
  const attempts = new SignInAttempts('secret', localRateLimits, true);
  const attempt = { ...stranger, device: attempts.markFor(email) as string | undefined };
  for (let at = 0; at < 10; at += 1) attempts.failed(attempt);
  expect(() => attempts.admit(attempt)).toThrow('Too many requests');
});

test('a success forgets the failures before it, and the setting switches the limit off', () => {
  const attempts = new SignInAttempts('secret', localRateLimits, true);
  failing(attempts, 9);
  attempts.succeeded(stranger);
  failing(attempts, 9);
  expect(() => attempts.admit(stranger)).not.toThrow();
  const off = new SignInAttempts('secret', localRateLimits, false);
  failing(off, 1000);
  expect(() => off.admit(stranger)).not.toThrow();
});
