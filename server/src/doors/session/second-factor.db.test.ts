// A second factor: set up, asked for, used once, demanded by an organization and before dangerous acts.

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { authenticatorCode, Browser, ownerPassword, setUpOwner, tokenIn } from '../../testing/browser.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';

const email = 'owner@example.test';
const MINUTE_MS = 60_000;

let server: TestServer;
let owner: Browser;
let uri: string;
let recoveryCodes: string[];

beforeAll(async () => {
  // Only the date: a code is good for half a minute, and no test waits for the next one.
  vi.useFakeTimers({ toFake: ['Date'] });
  server = await startTestServer();
  owner = await setUpOwner(server);
});
afterAll(async () => {
  vi.useRealTimers();
  await server.close();
});
afterEach(() => later(2 * MINUTE_MS));

const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
const code = () => authenticatorCode(uri, Date.now());

async function askedForCode(on = server): Promise<Browser> {
  const browser = new Browser(on);
  const answer = await browser.post('/session/sign-in/email', { email, password: ownerPassword });
  expect(answer.json).toEqual({ status: 'second_factor', second_factors: ['totp'] });
  return browser;
}

describe('an authenticator', () => {
  test('is set up with the password, and counts once it has shown a code', async () => {
    expect(await owner.post('/session/two-factor/enable', { password: 'wrong' })).toMatchObject({
      status: 400,
      json: { error: 'invalid_password' },
    });
    const { status, json } = await owner.post('/session/two-factor/enable', { password: ownerPassword });
    expect(status).toBe(200);
    expect(json.totp_uri).toMatch(/^otpauth:\/\/totp\/Overair:owner%40example\.test\?secret=[A-Z2-7]+&issuer=Overair/);
    expect(json.recovery_codes).toHaveLength(10);
    ({ totp_uri: uri, recovery_codes: recoveryCodes } = json);
    const notYet = await new Browser(server).post('/session/sign-in/email', { email, password: ownerPassword });
    expect(notYet.json).toEqual({ status: 'ok' });
    expect((await owner.post('/session/two-factor/verify-totp', { code: '000000' })).json.error).toBe('invalid_code');
    expect((await owner.post('/session/two-factor/verify-totp', { code: code() })).json).toEqual({ status: 'ok' });
    expect((await owner.get('/session/me')).json).toMatchObject({
      sign_in: { second_factors: ['totp'] },
      session: { second_factor_at: expect.any(String) },
    });
  });

  test('neither its secret nor the recovery codes lie open in the database', async () => {
    const row = await server.database.db.selectFrom('two_factors').selectAll().executeTakeFirstOrThrow();
    const text = JSON.stringify(row);
    for (const secret of [new URL(uri).searchParams.get('secret')!, ...recoveryCodes])
      expect(text).not.toContain(secret);
  });

  test('is asked for after the password, before there is a session', async () => {
    const browser = await askedForCode();
    expect(browser.cookies.has('overair_session')).toBe(false);
    expect((await browser.get('/session/me')).status).toBe(401);
    expect((await browser.post('/session/two-factor/verify-totp', { code: '000000' })).json.error).toBe('invalid_code');
    expect((await browser.get('/session/me')).status).toBe(401);
    expect((await browser.post('/session/two-factor/verify-totp', { code: code() })).json).toEqual({ status: 'ok' });
    expect((await browser.get('/session/me')).json.session.second_factor_at).toEqual(expect.any(String));
  });

  test('a code without a password before it opens nothing', async () => {
    const answer = await new Browser(server).post('/session/two-factor/verify-totp', { code: code() });
    expect(answer).toMatchObject({ status: 401, json: { error: 'sign_in_expired' } });
  });

  test('a code works once', async () => {
    const [first, second] = [await askedForCode(), await askedForCode()];
    const same = code();
    expect((await first.post('/session/two-factor/verify-totp', { code: same })).status).toBe(200);
    const again = await second.post('/session/two-factor/verify-totp', { code: same });
    expect(again).toMatchObject({ status: 401, json: { error: 'code_was_used' } });
    expect(second.cookies.has('overair_session')).toBe(false);
    expect((await second.get('/session/me')).status).toBe(401);
  });

  test('a code works once, whichever process of a fleet it is given to', async () => {
    const other = await startTestServer({ secret: server.parts.config.secret }, server.database);
    const browsers = [await askedForCode(), await askedForCode(other), await askedForCode(), await askedForCode(other)];
    const same = code();
    const answers = await Promise.all(
      browsers.map((browser) => browser.post('/session/two-factor/verify-totp', { code: same })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
    const signedIn = browsers.filter((browser) => browser.cookies.has('overair_session'));
    expect(signedIn).toHaveLength(1);
    await other.close();
  });

  test('a code that is older than one that was used is used up', async () => {
    const [first, second] = [await askedForCode(), await askedForCode()];
    const older = authenticatorCode(uri, Date.now() - 30_000);
    expect((await first.post('/session/two-factor/verify-totp', { code: code() })).status).toBe(200);
    expect((await second.post('/session/two-factor/verify-totp', { code: older })).json.error).toBe('code_was_used');
  });

  test('five wrong codes end the sign-in that asked for them', async () => {
    const browser = await askedForCode();
    for (let at = 0; at < 5; at += 1) await browser.post('/session/two-factor/verify-totp', { code: '000000' });
    const right = await browser.post('/session/two-factor/verify-totp', { code: code() });
    expect(right).toMatchObject({ status: 401, json: { error: 'sign_in_expired' } });
    const anew = await askedForCode();
    expect((await anew.post('/session/two-factor/verify-totp', { code: code() })).status).toBe(200);
  });
});

describe('a recovery code', () => {
  test('works once, also when it is given twice at the same time', async () => {
    const browsers = [await askedForCode(), await askedForCode(), await askedForCode()];
    const given = recoveryCodes.shift()!;
    const answers = await Promise.all(
      browsers.map((browser) => browser.post('/session/two-factor/verify-recovery-code', { code: given })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const late = await askedForCode();
    expect((await late.post('/session/two-factor/verify-recovery-code', { code: given })).json.error).toBe(
      'invalid_code',
    );
  });

  test('counts as a second factor', async () => {
    const browser = await askedForCode();
    await browser.post('/session/two-factor/verify-recovery-code', { code: recoveryCodes.shift()! });
    expect((await browser.get('/session/me')).json.session.second_factor_at).toEqual(expect.any(String));
  });

  test('new ones are made after a proof, and replace the old ones', async () => {
    later(16 * MINUTE_MS);
    const ask = () => owner.post('/session/two-factor/recovery-codes', { password: ownerPassword });
    expect((await ask()).json.error).toBe('step_up_required');
    await owner.post('/session/two-factor/verify-totp', { code: code() });
    const { json } = await ask();
    expect(json.recovery_codes).toHaveLength(10);
    const browser = await askedForCode();
    const old = await browser.post('/session/two-factor/verify-recovery-code', { code: recoveryCodes[0]! });
    expect(old.json.error).toBe('invalid_code');
    recoveryCodes = json.recovery_codes;
  });
});

describe('a dangerous act', () => {
  const app_id = 'com.dangerous.app';
  const make = () => owner.post('/app', { app_id, name: 'x', owner_org: server.orgId });

  test('asks who has a second factor for that one, after a quarter of an hour', async () => {
    await make();
    later(16 * MINUTE_MS);
    expect(await owner.delete(`/app/${app_id}`)).toMatchObject({
      status: 403,
      json: { code: 'step_up_required', moreInfo: { accepted: ['totp'] } },
    });
    await owner.post('/session/confirm', { password: ownerPassword });
    expect((await owner.delete(`/app/${app_id}`)).status).toBe(403);
    await owner.post('/session/two-factor/verify-totp', { code: '000000' });
    expect((await owner.delete(`/app/${app_id}`)).status).toBe(403);
    await owner.post('/session/two-factor/verify-totp', { code: code() });
    expect((await owner.delete(`/app/${app_id}`)).status).toBe(200);
  });

  test('is no matter of who is asked for it without a right', async () => {
    later(16 * MINUTE_MS);
    expect((await owner.delete('/app/com.unknown.app')).json.code).toBe('cannot_find_app');
  });

  test('does not ask keys', async () => {
    await make();
    const answer = await new Browser(server).delete(`/app/${app_id}`, undefined, { authorization: server.adminKey });
    expect(answer.status).toBe(200);
  });

  test('wrong codes of who is signed in are counted', async () => {
    const statuses = [];
    for (let at = 0; at < 11; at += 1) {
      statuses.push((await owner.post('/session/two-factor/verify-totp', { code: '000000' })).status);
    }
    expect(statuses.slice(-2)).toEqual([401, 429]);
    later(16 * MINUTE_MS);
  });
});

describe('somebody with a password alone', () => {
  const password = 'purple clouds drift by';
  let member: Browser;

  beforeAll(async () => {
    await owner.post('/session/two-factor/verify-totp', { code: code() });
    const invited = { orgId: server.orgId, email: 'member@example.test', invite_type: 'admin' };
    const { json } = await owner.post('/organization/members', invited);
    const token = tokenIn(json.data.invite_link);
    member = new Browser(server);
    expect((await member.post('/session/invitation/accept', { token, name: 'Mia', password })).json).toEqual({
      status: 'ok',
    });
    await member.post('/app', { app_id: 'com.member.app', name: 'x', owner_org: server.orgId });
  });

  test('is asked for the password before a dangerous act', async () => {
    later(16 * MINUTE_MS);
    expect(await member.post('/apikey', { name: 'x' })).toMatchObject({
      status: 403,
      json: { error: 'step_up_required', moreInfo: { accepted: ['password'] } },
    });
    expect((await member.post('/session/confirm', { password: 'wrong' })).json.error).toBe('invalid_password');
    expect((await member.post('/apikey', { name: 'x' })).status).toBe(403);
    expect((await member.post('/session/confirm', { password })).json).toEqual({ status: 'ok' });
    expect((await member.post('/apikey', { name: 'x' })).status).toBe(200);
  });

  test('cannot demand a second factor of others, nor can a key', async () => {
    const demand = { orgId: server.orgId, enforcing_2fa: true };
    const asks = [
      () => member.put('/organization', demand),
      () => new Browser(server).put('/organization', demand, { authorization: server.adminKey }),
    ];
    for (const ask of asks) expect((await ask()).json.error).toBe('requires_2fa_to_enforce_2fa');
  });

  test('is shut out of an organization that demands one, with keys and lists, until there is one', async () => {
    const { json: made } = await member.post('/apikey', { name: 'of the member' });
    const byKey = { authorization: made.key };
    await owner.post('/session/two-factor/verify-totp', { code: code() });
    expect((await owner.put('/organization', { orgId: server.orgId, enforcing_2fa: true })).status).toBe(200);

    const app = '/app/com.member.app';
    expect(await member.get(app)).toMatchObject({ status: 403, json: { code: 'second_factor_required' } });
    expect(await member.get(`/organization?orgId=${server.orgId}`)).toMatchObject({
      status: 403,
      json: { error: 'second_factor_required' },
    });
    expect((await new Browser(server).get(app, byKey)).json.code).toBe('second_factor_required');
    expect((await member.get('/app')).json.data).toEqual([]);
    expect((await member.get('/organization')).json).toEqual([]);
    expect((await new Browser(server).get('/app', byKey)).json.data).toEqual([]);
    expect((await member.get('/session/me')).json.organizations).toMatchObject([
      { enforcing_2fa: true, is_open: false },
    ]);

    expect((await owner.get(app)).status).toBe(200);
    expect((await new Browser(server).get(app, { authorization: server.adminKey })).status).toBe(200);

    const { json: begun } = await member.post('/session/two-factor/enable', { password });
    expect((await member.get(app)).status).toBe(403);
    await member.post('/session/two-factor/verify-totp', { code: authenticatorCode(begun.totp_uri, Date.now()) });
    expect((await member.get(app)).status).toBe(200);
    expect((await new Browser(server).get(app, byKey)).status).toBe(200);
    expect((await member.get('/session/me')).json.organizations).toMatchObject([{ is_open: true }]);
    await owner.put('/organization', { orgId: server.orgId, enforcing_2fa: false });
  });
});

describe('taking the authenticator away', () => {
  test('needs a fresh code and the password', async () => {
    later(16 * MINUTE_MS);
    const ask = (password: string) => owner.post('/session/two-factor/disable', { password });
    expect((await ask(ownerPassword)).json.error).toBe('step_up_required');
    await owner.post('/session/two-factor/verify-totp', { code: code() });
    expect((await ask('wrong')).json.error).toBe('invalid_password');
    expect((await ask(ownerPassword)).json).toEqual({ status: 'ok' });
    expect((await owner.get('/session/me')).json).toMatchObject({ sign_in: { second_factors: [] } });
    const plain = await new Browser(server).post('/session/sign-in/email', { email, password: ownerPassword });
    expect(plain.json).toEqual({ status: 'ok' });
  });

  test('is told to the organizations, as all that was done with it', async () => {
    const { json } = await owner.get(`/organization/audit?orgId=${server.orgId}&tableName=sign_in`);
    const own = json.data.filter((row: { actor_user_email: string }) => row.actor_user_email === email);
    expect(own.map(({ new_record }: { new_record: { event: string } }) => new_record.event)).toEqual([
      'totp_removed',
      'recovery_codes_replaced',
      'totp_added',
    ]);
    const text = JSON.stringify(json);
    for (const secret of [new URL(uri).searchParams.get('secret')!, ...recoveryCodes])
      expect(text).not.toContain(secret);
  });

  test('a server with another secret says that it cannot read it', async () => {
    await owner.post('/session/two-factor/verify-totp', { code: code() });
    const { json } = await owner.post('/session/two-factor/enable', { password: ownerPassword });
    uri = json.totp_uri;
    await owner.post('/session/two-factor/verify-totp', { code: code() });
    const other = await startTestServer({ secret: 'another secret of the server' }, server.database);
    const browser = await askedForCode(other);
    const answer = await browser.post('/session/two-factor/verify-totp', { code: code() });
    expect(answer).toMatchObject({ status: 409, json: { error: 'second_factor_unreadable' } });
    await other.close();
  });

  test('who lost it gets back in by the admin key', async () => {
    const lost = new Browser(server);
    await lost.post('/session/recover', { password: ownerPassword }, { authorization: server.adminKey });
    expect((await lost.get('/session/me')).json.sign_in.second_factors).toEqual([]);
    expect((await owner.get('/session/me')).status).toBe(401);
  });
});
