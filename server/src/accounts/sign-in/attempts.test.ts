// Who guesses is slowed down; whose account it is still gets in.

import { describe, expect, test } from 'vitest';
import { AppError } from '../../errors.ts';
import { localRateLimits } from '../../rate-limit.ts';
import { personCaller } from '../caller.ts';
import { SignInAttempts } from './attempts.ts';

const email = 'owner@example.test';
const stranger = { email, ip: '192.0.2.66', device: undefined as string | undefined };
const olga = personCaller({ user_id: 'u-1', user_email: email, expires_at: null, ip: '198.51.100.1' });

const open = (secret = 'secret', isLimited = true) => new SignInAttempts(secret, localRateLimits, isLimited);

const wrong = async () => {
  throw new AppError('invalid_credentials', 401, 'The address or the password is not right');
};
const right = async () => 'in';

/** What became of it: `in`, or the code of the refusal. */
const outcome = (deed: Promise<string>) => deed.catch((error: AppError) => error.code);

async function failing(attempts: SignInAttempts, times: number, attempt = stranger): Promise<void> {
  for (let at = 0; at < times; at += 1) await outcome(attempts.signingIn(attempt, wrong));
}

describe('after ten wrong passwords from one address', async () => {
  const attempts = open();
  const mark = attempts.markFor(email);
  await failing(attempts, 10);
  const tries = (attempt: Partial<typeof stranger>) => outcome(attempts.signingIn({ ...stranger, ...attempt }, right));

  test('that address is told to wait, with this person', async () => {
    expect(await tries({})).toBe('too_many_requests');
    expect(await tries({ email: 'colleague@example.test' })).toBe('in');
  });

  test('the person gets in from elsewhere, and from there by a browser that they used before', async () => {
    expect(await tries({ ip: '198.51.100.7' })).toBe('in');
    expect(await tries({ device: mark })).toBe('in');
  });

  test('a mark of somebody else, or one made up, does not help', async () => {
    const foreign = attempts.markFor('other@example.test');
    const elsewhere = open('another secret').markFor(email);
    for (const device of [foreign, elsewhere, 'x', `${mark}x`, '']) {
      expect(await tries({ device })).toBe('too_many_requests');
    }
  });
});

test('guesses from a hundred addresses use up what strangers have, and not what the own browser has', async () => {
  const attempts = open();
  const device = attempts.markFor(email);
  for (let at = 0; at < 100; at += 1) await failing(attempts, 1, { ...stranger, ip: `192.0.2.${at}` });
  const elsewhere = { ...stranger, ip: '203.0.113.1' };
  expect(await outcome(attempts.signingIn(elsewhere, right))).toBe('too_many_requests');
  expect(await outcome(attempts.signingIn({ ...elsewhere, device }, right))).toBe('in');
});

test('guesses for a hundred people from one address use up what the address has', async () => {
  const attempts = open();
  for (let at = 0; at < 100; at += 1) await failing(attempts, 1, { ...stranger, email: `person-${at}@example.test` });
  expect(await outcome(attempts.signingIn(stranger, right))).toBe('too_many_requests');
});

test('the addresses of one /64 of IPv6 are one address', async () => {
  const attempts = open();
  for (let at = 0; at < 10; at += 1) await failing(attempts, 1, { ...stranger, ip: `2001:db8:1:2::${at}` });
  const from = (ip: string) => outcome(attempts.signingIn({ ...stranger, ip }, right));
  expect(await from('2001:db8:1:2:ffff::1')).toBe('too_many_requests');
  expect(await from('2001:db8:1:3::1')).toBe('in');
});

test('a known browser has no more tries than a stranger', async () => {
  const attempts = open();
  const attempt = { ...stranger, device: attempts.markFor(email) };
  await failing(attempts, 10, attempt);
  expect(await outcome(attempts.signingIn(attempt, right))).toBe('too_many_requests');
});

test('guesses that come at once have no more tries than those that come in turn', async () => {
  const attempts = open();
  const codes = await Promise.all(Array.from({ length: 60 }, () => outcome(attempts.signingIn(stranger, wrong))));
  expect(codes.filter((code) => code === 'invalid_credentials')).toHaveLength(10);
  expect(codes.filter((code) => code === 'too_many_requests')).toHaveLength(50);
});

test('what succeeds, or fails for another reason, is no guess, however many come at once', async () => {
  const attempts = open();
  const away = async () => {
    throw new AppError('database_unavailable', 503, 'The database does not answer');
  };
  for (let round = 0; round < 30; round += 1) {
    const both = [attempts.signingIn(stranger, right), attempts.signingIn(stranger, away)];
    expect(await Promise.all(both.map(outcome))).toEqual(['in', 'database_unavailable']);
  }
});

test('a success forgets the failures before it, and the setting switches the limit off', async () => {
  const attempts = open();
  await failing(attempts, 9);
  await attempts.signingIn(stranger, right);
  await failing(attempts, 9);
  expect(await outcome(attempts.signingIn(stranger, right))).toBe('in');
  const off = open('secret', false);
  await failing(off, 1000);
  expect(await outcome(off.signingIn(stranger, right))).toBe('in');
});

describe('who is signed in', () => {
  test('is not shut out by what strangers type', async () => {
    const attempts = open();
    for (const typed of [`of ${olga.user_id}`, `password of ${olga.user_id}`, `code of ${olga.user_id}`]) {
      await failing(attempts, 100, { ...stranger, email: typed, ip: olga.ip! });
      for (let at = 0; at < 100; at += 1)
        await failing(attempts, 1, { ...stranger, email: typed, ip: `192.0.2.${at}` });
    }
    expect(await outcome(attempts.proving(olga, 'password', right))).toBe('in');
    expect(await outcome(attempts.proving(olga, 'code', right))).toBe('in');
  });

  test('does not buy more codes with the right password', async () => {
    const attempts = open();
    const codes: string[] = [];
    for (let at = 0; at < 12; at += 1) {
      codes.push(await outcome(attempts.proving(olga, 'code', wrong)));
      await attempts.proving(olga, 'password', right);
    }
    expect(codes).toEqual([...Array(10).fill('invalid_credentials'), 'too_many_requests', 'too_many_requests']);
  });
});
