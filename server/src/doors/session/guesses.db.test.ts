// Nothing pending grants anything, and no way of guessing is uncounted.

import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { authenticatorCode, Browser, ownerPassword, setUpOwner } from '../../testing/browser.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';

const credentials = { email: 'owner@example.test', password: ownerPassword };
const VERIFY_TOTP = '/session/two-factor/verify-totp';
const VERIFY_RECOVERY = '/session/two-factor/verify-recovery-code';

let server: TestServer;
let owner: Browser;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
beforeAll(async () => {
  server = await startTestServer();
  owner = await setUpOwner(server);
});
afterAll(async () => {
  vi.useRealTimers();
  await server.close();
});

const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
const enable = () => owner.post('/session/two-factor/enable', { password: ownerPassword });

describe('an authenticator that has shown no code yet', () => {
  test('has recovery codes that prove nothing', async () => {
    const { json: begun } = await enable();
    for (const code of begun.recovery_codes.slice(0, 2)) {
      expect(await owner.post(VERIFY_RECOVERY, { code })).toMatchObject({
        status: 400,
        json: { error: 'totp_not_set_up' },
      });
    }
    expect((await owner.get('/session/me')).json).toMatchObject({
      session: { second_factor_at: null },
      sign_in: { second_factors: [] },
    });
    const demand = await owner.put('/organization', { orgId: server.orgId, enforcing_2fa: true });
    expect(demand.json.error).toBe('requires_2fa_to_enforce_2fa');
  });
});

describe('with an authenticator', () => {
  let uri: string;
  let recoveryCodes: string[];
  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { json } = await enable();
    ({ totp_uri: uri, recovery_codes: recoveryCodes } = json);
    await owner.post(VERIFY_TOTP, { code: authenticatorCode(uri, Date.now()) });
    expect((await owner.get('/session/me')).json.sign_in.second_factors).toEqual(['totp']);
  });
  beforeEach(() => later(16 * 60_000));

  /** The owner's session in a browser of somebody else, its cookie changed. */
  function thief(change = (cookie: string) => cookie): Browser {
    const browser = new Browser(server, '192.0.2.66');
    browser.cookies.set('overair_session', change(owner.cookies.get('overair_session')!));
    return browser;
  }

  /** The same bits for who decodes base64 loosely: the last digit before the padding carries two that count for nothing. */
  const inPaddingBits = (cookie: string) => {
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const text = decodeURIComponent(cookie);
    const at = text.length - 2;
    return encodeURIComponent(`${text.slice(0, at)}${digits[digits.indexOf(text[at]!) ^ 1]}=`);
  };

  test.each([
    ['beside a key', (cookie: string) => cookie, { 'x-api-key': 'x' }],
    ['whose signature is written otherwise', inPaddingBits, {}],
  ] as const)('a session %s guesses nothing', async (_what, change, headers) => {
    const browser = thief(change);
    for (const route of [VERIFY_TOTP, VERIFY_RECOVERY]) {
      const answer = await browser.post(route, { code: '000000' }, headers);
      expect(answer).toMatchObject({ status: 401, json: { error: 'sign_in_expired' } });
    }
    const code = authenticatorCode(uri, Date.now());
    expect((await browser.post(VERIFY_TOTP, { code }, headers)).status).toBe(401);
    expect((await browser.post(VERIFY_RECOVERY, { code: recoveryCodes[0]! }, headers)).status).toBe(401);
    expect(new Date((await owner.get('/session/me')).json.session.fresh_until).getTime()).toBeLessThan(Date.now());
  });

  test.each([
    ['first', (stolen: string) => `${stolen}; overair_session=x`],
    ['second', (stolen: string) => `x; overair_session=${stolen}`],
    ['with a space before it', (stolen: string) => `x;\u00a0overair_session=${stolen}`],
  ])('a session that comes twice, the right one %s, is counted or not there', async (_what, change) => {
    const statuses: number[] = [];
    for (let at = 0; at < 12; at += 1) {
      const { status, json } = await thief(change).post(VERIFY_TOTP, { code: '000000' });
      statuses.push(json.error === 'sign_in_expired' ? 0 : status);
    }
    expect(statuses).toEqual(statuses[0] === 0 ? Array(12).fill(0) : [...Array(10).fill(401), 429, 429]);
  });

  test.each([
    ['codes', () => owner.post(VERIFY_TOTP, { code: '000000' })],
    ['recovery codes', () => owner.post(VERIFY_RECOVERY, { code: 'aaaaa-bbbbb' })],
    ['passwords', () => owner.post('/session/confirm', { password: 'wrong' })],
  ])('25 wrong %s at once are ten guesses', async (_what, guess) => {
    const answers = await Promise.all(Array.from({ length: 25 }, guess));
    const errors = answers.map(({ json }) => json.error);
    expect(errors.filter((error) => error === 'too_many_requests')).toHaveLength(15);
  });
});

test('25 wrong passwords at once from one address are ten guesses', async () => {
  const stranger = new Browser(server, '192.0.2.77');
  const guess = () => stranger.post('/session/sign-in/email', { ...credentials, password: 'wrong but long enough' });
  const answers = await Promise.all(Array.from({ length: 25 }, guess));
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(15);
});

test('one /64 of IPv6 gets no more passkey challenges than one address', async () => {
  const begin = (ip: string) => new Browser(server, ip).post('/session/passkeys/sign-in/begin');
  for (let at = 0; at < 60; at += 1) await begin(`2001:db8:1:2::${at}`);
  expect((await begin('2001:db8:1:2:ffff::1')).status).toBe(429);
  expect((await begin('2001:db8:1:3::1')).status).not.toBe(429);
});
