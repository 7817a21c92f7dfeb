// The owner's whole way with the built command line: set push up, group apps, release and notify; phones and browsers are stand-ins that speak the services' protocols.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { type FakeApns, startFakeApns } from '../../server/src/testing/fake-apns.ts';
import { type FakeFcm, fcmError, startFakeFcm } from '../../server/src/testing/fake-fcm.ts';
import { type FakePushService, startFakePushService } from '../../server/src/testing/fake-push-service.ts';
import { aProject, type Outcome, ours } from '../cli/programs.ts';
import { phoneQuestion } from '../phone-question.ts';
import { type RunningServer, startServer, temporaryFolder } from '../processes.ts';
import { basic } from './owner.ts';

const within = { timeout: 60_000, interval: 20 };

let data: Awaited<ReturnType<typeof temporaryFolder>>;
let fcm: FakeFcm;
let apns: FakeApns;
let browsers: FakePushService;
let server: RunningServer;

beforeAll(async () => {
  data = await temporaryFolder('push-cli');
  [fcm, apns, browsers] = await Promise.all([startFakeFcm(), startFakeApns(), startFakePushService()]);
  server = await startServer({ dataDir: data.path, env: { OVERAIR_ALLOW_PRIVATE_ADDRESSES: 'true' } });
});
afterAll(async () => {
  await server?.stop();
  await Promise.all([fcm?.close(), apns?.close(), browsers?.close()]);
  await data?.remove();
});

type Json = Record<string, unknown>;

/** The project of an app, with the files that Google and Apple hand out, logged in by its environment. */
function aDeveloper(name: string) {
  const appId = `com.example.push.${name}`;
  const cwd = aProject('8.51.23', {
    'capacitor.config.json': JSON.stringify({ appId, appName: name, webDir: 'www' }),
    'firebase.json': JSON.stringify(fcm.credential.service_account),
    'google-services.json': JSON.stringify({ project_info: { project_id: 'demo' }, client: [] }),
    'AuthKey.p8': String(apns.credential.p8),
    'ca.pem': browsers.ca,
  });
  const env = { OVERAIR_SERVER: server.url, OVERAIR_TOKEN: server.adminKey! };
  const run = (line: string): Promise<Outcome> => ours(cwd, line.split(' '), env);
  return {
    appId,
    cwd,
    run,
    async succeed<T = Json>(line: string): Promise<T> {
      const outcome = await run(`${line} --json`);
      expect([line, outcome.code, outcome.output]).toEqual([line, 0, expect.any(String)]);
      return outcome.json<T>();
    },
    /** What a person reads when it fails: one line, and perhaps a second with the way out. */
    async fail(line: string): Promise<string> {
      const { code, output } = await run(line);
      const [first = '', ...more] = output.trim().split('\n');
      expect([line, code, more.length]).toEqual([line, 1, expect.toSatisfy((count: number) => count <= 1)]);
      return first;
    },
  };
}

type Developer = ReturnType<typeof aDeveloper>;

async function enablePush({ succeed }: Developer) {
  await succeed('app add');
  const { app_key, master_secret } = await succeed<{ app_key: string; master_secret: string }>('push enable');
  return { app_key, authorization: basic(app_key, master_secret) };
}

async function setUpServices({ succeed }: Developer): Promise<void> {
  await succeed(`push credential fcm --file firebase.json --base-url ${fcm.credential.base_url} --ca ca.pem`);
  const { key_id, team_id, production_url } = apns.credential;
  const account = `--key-id ${key_id} --team-id ${team_id} --base-url ${production_url}`;
  await succeed(`push credential apns --file AuthKey.p8 ${account} --ca ca.pem`);
  await succeed('push credential webpush --subject mailto:owner@example.com --hosts localhost --ca ca.pem');
}

/** As curl and pages do: JSON with whatever content type the caller's tool puts on it. */
async function call(method: 'GET' | 'POST', path: string, body?: Json, headers: Record<string, string> = {}) {
  const response = await fetch(server.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return { status: response.status, json: (await response.json()) as Json };
}

const asCurl = (authorization: string) => ({ authorization, 'content-type': 'application/x-www-form-urlencoded' });

/** As the app of the guide does. */
async function registerPhone(app_key: string, platform: 'android' | 'ios', token: string, device_id: string) {
  const channel = platform === 'ios' ? 'apns' : 'fcm';
  const answer = await call('POST', '/v4/app/register', { app_key, platform, channel, token, device_id });
  expect(answer).toMatchObject({ status: 200, json: { registration_id: expect.any(String) } });
}

const ANDROID = '5b3f1c1e-6a7d-4a53-9d0f-3f0d1a2b3c4d';
const IPHONE = '9c3f1c1e-6a7d-4a53-9d0f-3f0d1a2b3c4d';

/** What the updater plugin of this phone is told. */
async function askForUpdate(app_id: string, platform: 'android' | 'ios', device_id: string): Promise<Json> {
  const question = phoneQuestion(app_id, '8.51.23', { platform, device_id });
  return (await call('POST', '/updates', question, { 'content-type': 'application/json' })).json;
}

/** The next message for this token, which must not have come yet when this is called. */
function nextMessage(token: string): () => Promise<Json> {
  const of = () => fcm.requests.filter(({ message }) => message.token === token);
  const before = of().length;
  return async () => {
    await vi.waitFor(() => expect(of().length).toBeGreaterThan(before), within);
    expect(of()).toHaveLength(before + 1);
    return of().at(-1)?.message as Json;
  };
}

test('two apps are set up, grouped, and reached by one call; the numbers tell it', async () => {
  const [one, two] = [aDeveloper('one'), aDeveloper('two')];
  const [first, second] = [await enablePush(one), await enablePush(two)];
  await setUpServices(one);
  await setUpServices(two);
  const token = 'android-token-of-the-first-app';
  await registerPhone(first.app_key, 'android', token, ANDROID);
  const browser = browsers.subscribe();
  const { subscription } = browser;
  const config = await call('GET', `/v4/web/config?app_key=${second.app_key}`);
  const vapid_key = config.json.vapid_public_key;
  const registered = await call('POST', '/v4/web/register', { app_key: second.app_key, subscription, vapid_key });
  expect(registered.status).toBe(200);
  expect(await two.succeed('push show')).toMatchObject({
    enabled: true,
    devices: { web: 1 },
    credentials: [{ channel: 'apns' }, { channel: 'fcm' }, { channel: 'webpush', details: { hosts: ['localhost'] } }],
  });

  const group = await one.succeed<{ group_key: string; group_secret: string }>(
    `push-group create everybody --apps ${one.appId},${two.appId}`,
  );
  const { group_key } = group;
  await two.succeed('push set --origins https://example.com,https://www.example.com --url https://example.com/news');
  expect(await two.succeed('push show')).toMatchObject({
    web_origins: ['https://example.com', 'https://www.example.com'],
    default_url: 'https://example.com/news',
  });
  const rotated = await one.succeed<{ group_secret: string }>(`push-group rotate ${group_key} --yes`);
  expect(rotated.group_secret).not.toBe(group.group_secret);
  expect(await one.succeed('push-group list')).toMatchObject([{ group_key, app_ids: [one.appId, two.appId] }]);

  const notification = { alert: 'Hello everybody', web: { alert: 'Hello everybody', url: 'https://example.com/' } };
  const push = { to: 'all', body: { platform: 'all', notification } };
  const received = nextMessage(token);
  const sent = await call('POST', '/v4/grouppush', push, asCurl(basic(`group-${group_key}`, rotated.group_secret)));
  expect(sent).toMatchObject({
    status: 200,
    json: { [first.app_key]: { msg_id: expect.any(String) }, [second.app_key]: { msg_id: expect.any(String) } },
  });
  expect(await received()).toMatchObject({ notification: { body: 'Hello everybody' } });
  await vi.waitFor(() => expect(browser.received).toHaveLength(1), within);
  expect(browser.received[0]?.text).toContain('Hello everybody');
  expect(browsers.violations).toEqual([]);

  const single = { to: 'all', body: { platform: 'android', notification: { alert: 'Only you' } } };
  const again = nextMessage(token);
  expect((await call('POST', '/v4/push', single, asCurl(first.authorization))).status).toBe(200);
  expect(await again()).toMatchObject({ notification: { body: 'Only you' } });
  await vi.waitFor(async () => {
    const numbers = { state: 'sent', targets: 1, sent: 1, failed: 0 };
    expect(await one.succeed('push messages')).toMatchObject([numbers, numbers]);
    expect(await two.succeed('push messages')).toMatchObject([numbers]);
  }, within);
  const byHand = nextMessage(token);
  expect(await one.fail('push send --text Hello')).toContain('Send it to 1 device?');
  expect(await one.succeed('push send --text Hello --title Hand --yes')).toMatchObject({ msg_id: expect.any(String) });
  expect(await byHand()).toMatchObject({ notification: { title: 'Hand', body: 'Hello' } });
  expect(await one.fail('push send --text Hello --to {"tag":["nobody"]} --yes')).toContain('Nobody would get it');
  expect(await one.fail('push send --text Hello --to {"tags":["x"]} --yes')).toContain('to.tags');
  const toGroup = await one.succeed<{ apps: object[] }>(`push-group send ${group_key} --text All --yes`);
  expect(toGroup.apps).toMatchObject([
    { app_id: one.appId, msg_id: expect.any(String) },
    { app_id: two.appId, msg_id: expect.any(String) },
  ]);
  const { msg_id } = sent.json[first.app_key] as { msg_id: string };
  const status = await call('GET', `/v4/status/detail?message_ids=${msg_id}`, undefined, asCurl(first.authorization));
  expect(status.json).toMatchObject({ [msg_id]: { targets: 1, sent: 1 } });
});

test('a release tells the phones of its channel, and they get it when they ask', async () => {
  const developer = aDeveloper('release');
  const { succeed, appId } = developer;
  const { app_key } = await enablePush(developer);
  await setUpServices(developer);
  await succeed('channel add production --default');
  await succeed('channel add beta');
  const token = 'android-token-of-the-release';
  await registerPhone(app_key, 'android', token, ANDROID);
  await registerPhone(app_key, 'ios', 'ab'.repeat(32), IPHONE.toUpperCase());
  for (const [platform, id] of [
    ['android', ANDROID],
    ['ios', IPHONE],
  ] as const) {
    await askForUpdate(appId, platform, id);
    // The registry is written behind the answers, and only a phone that it knows belongs to a channel.
    await vi.waitFor(async () => expect((await developer.run(`devices show ${id}`)).code).toBe(0), within);
  }

  const uploaded = nextMessage(token);
  const upload = await succeed('bundle upload --bundle 1.0.1 --channel production --notify');
  expect(upload).toMatchObject({
    channels: [{ name: 'production', notified: { sent: true, msg_id: expect.any(String) } }],
  });
  expect(await uploaded()).toMatchObject({ data: { _action: 'check_update', channel: 'production', bundle: '1.0.1' } });
  expect(await askForUpdate(appId, 'android', ANDROID)).toMatchObject({ version: '1.0.1' });
  await vi.waitFor(() => expect(apns.requests.length).toBe(1), within);
  expect(apns.requests[0]).toMatchObject({
    headers: { 'apns-push-type': 'background', 'apns-topic': appId },
    payload: { aps: { 'content-available': 1 }, _action: 'check_update' },
  });

  await succeed('bundle upload --bundle 1.1.0 --channel beta');
  const promoted = nextMessage(token);
  expect(await succeed('bundle promote beta production --notify')).toMatchObject({ notified: { sent: true } });
  const message = await promoted();
  expect(message).toMatchObject({ data: { _action: 'check_update', bundle: '1.1.0' } });
  expect(message).not.toHaveProperty('notification');
  expect(message).not.toHaveProperty('android.notification');
  expect(await askForUpdate(appId, 'android', ANDROID)).toMatchObject({ version: '1.1.0' });

  const later = nextMessage(token);
  expect(await succeed('push release production')).toMatchObject({ channel: 'production' });
  expect(await later()).toMatchObject({ data: { bundle: '1.1.0' } });
  // Nobody follows beta: the release stands, and one line says that nobody was told.
  const unheard = await developer.run('bundle upload --bundle 1.2.0 --channel beta --notify');
  expect([unheard.code, unheard.output]).toEqual([
    0,
    expect.stringMatching(/were not told: no phone of channel beta is registered/),
  ]);
});

test('an account of another project is paused and shown, loses nobody, and what waits goes out once it is mended', async () => {
  const developer = aDeveloper('wrongaccount');
  const { succeed, run, appId } = developer;
  const { app_key, authorization } = await enablePush(developer);
  await setUpServices(developer);
  const tokens = ['wrong-account-token-1', 'wrong-account-token-2'];
  for (const token of tokens) fcm.answers.set(token, fcmError(403, 'PERMISSION_DENIED', 'SENDER_ID_MISMATCH'));
  for (const [index, token] of tokens.entries())
    await registerPhone(app_key, 'android', token, `wrong-account-${index}`);
  const push = { to: 'all', body: { platform: 'android', notification: { alert: 'Do not lose me' } } };
  const sent = await call('POST', '/v4/push', push, asCurl(authorization));
  expect(sent.status).toBe(200);
  await vi.waitFor(async () => {
    const shown = await run('push show');
    expect(shown.output).toMatch(/fcm android is paused until .*SENDER_ID_MISMATCH/s);
  }, within);
  expect(await succeed('push show')).toMatchObject({ devices: { android: 2 } });
  expect(await succeed('push messages')).toMatchObject([{ state: 'queued', targets: 2, sent: 0, failed: 0 }]);

  for (const token of tokens) fcm.answers.delete(token);
  expect(await succeed('push resume fcm')).toMatchObject({ channel: 'fcm', ended: 1 });
  await vi.waitFor(async () => {
    expect(await succeed('push messages')).toMatchObject([{ state: 'sent', targets: 2, sent: 2 }]);
  }, within);
  expect((await run(`push resume fcm ${appId}`)).output).toMatch(/was not paused/);
});

test('the phone of the guide reports, keeps its registration with a new token, and its numbers tell it', async () => {
  const developer = aDeveloper('phone');
  const { succeed } = developer;
  const { app_key, authorization } = await enablePush(developer);
  await setUpServices(developer);
  const kept = new Map<string, string>();
  const localStorage = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
  };
  vi.stubGlobal('localStorage', localStorage);
  onTestFinished(() => void vi.unstubAllGlobals());
  const phone: typeof import('../../sdk/src/phone.ts') = await import(
    new URL('../../sdk/dist/phone.js', import.meta.url).href
  );
  const options = { server: server.url, appKey: app_key, platform: 'android' as const, deviceId: ANDROID };
  const first = await phone.registerPhone({ ...options, token: 'guide-token-before', alias: 'ann', tags: ['gold'] });
  // The app was installed anew: only the id of the updater plugin says which phone it is.
  kept.clear();
  expect(await phone.registerPhone({ ...options, token: 'guide-token-after' })).toBe(first);

  const push = {
    to: { alias: ['ann'], tag: ['gold'] },
    body: { platform: 'android', notification: { alert: 'Hello Ann' } },
  };
  const received = nextMessage('guide-token-after');
  const { msg_id } = (await call('POST', '/v4/push', push, asCurl(authorization))).json as { msg_id: string };
  const { data } = (await received()) as { data: Record<string, unknown> };
  expect(await phone.reportPush({ msg_id, app_key: 'of another app' }, 'received')).toBe(false);
  const numbers = async () =>
    (await call('GET', `/v4/status/detail?message_ids=${msg_id}`, undefined, asCurl(authorization))).json[msg_id];
  await vi.waitFor(async () => expect(await numbers()).toMatchObject({ sent: 1, delivered: 0 }), within);
  expect(await phone.reportPush(data, 'received')).toBe(true);
  expect(await numbers()).toMatchObject({ targets: 1, sent: 1, delivered: 1, impressions: 0, clicks: 0 });
  await phone.reportPush(data, 'clicked');
  expect(await numbers()).toMatchObject({ delivered: 1, impressions: 1, clicks: 1 });
  expect(await succeed('push messages')).toMatchObject([{ msg_id, delivered: 1, clicks: 1 }]);
});

test('mistakes are one clear line and exit code 1', async () => {
  const developer = aDeveloper('mistakes');
  const { fail, succeed, cwd } = developer;
  const key = 'a'.repeat(24);
  await succeed('app add');
  await succeed('channel add production --default');
  expect(await fail('push show')).toMatch(/push is not enabled/i);
  expect(await fail('push credential webpush --subject mailto:a@example.com')).toMatch(/push is not enabled/i);
  expect(await fail('push release production')).toMatch(/serves no bundle/);
  await succeed('bundle upload --bundle 1.0.0 --channel production');
  expect(await fail('push release production')).toMatch(/push is not enabled/i);
  await succeed('push enable');
  expect(await fail('push enable')).toMatch(/enabled already/);
  expect(await fail('push release production')).toMatch(/no account at FCM or APNs/);
  expect(await fail('push release nowhere')).toMatch(/channel/i);

  expect(await fail('push set')).toMatch(/Nothing to set/);
  expect(await fail('push set --origins example.com')).toMatch(/web_origins: "example\.com" is not an origin/);
  expect(await fail('push set --allowed-ips 10.0.0.0/8')).toMatch(/allowed_ips: "10\.0\.0\.0\/8" is not an IP address/);
  expect(await fail('push set --url javascript:x')).toMatch(/default_url is not an http or https URL/);
  expect(await fail('push set --web-active-days soon')).toMatch(/from 0 to 3650, not "soon"/);

  expect(await fail('push credential fcm --file missing.json')).toMatch(/missing\.json/);
  expect(await fail('push credential fcm --file ca.pem')).toMatch(/ca\.pem is not the JSON of a service account/);
  expect(await fail('push credential fcm --file google-services.json')).toMatch(/not the JSON of a service account/);
  writeFileSync(
    join(cwd, 'broken.json'),
    JSON.stringify({ ...(fcm.credential.service_account as Json), private_key: 'x' }),
  );
  expect(await fail('push credential fcm --file broken.json')).toMatch(/service_account\.private_key is not/);
  expect(await fail('push credential apns --file ca.pem --key-id K --team-id T')).toMatch(/p8 is not/);
  expect(await fail('push credential webpush --subject nobody')).toMatch(/subject is not/);
  expect(await succeed('push show')).toMatchObject({ credentials: [] });

  await setUpServices(developer);
  expect(await fail('push release production')).toMatch(/no phone of channel production/);
  for (const command of ['rotate', 'delete', 'set --name x']) {
    const [verb, ...flags] = command.split(' ');
    expect(await fail(`push-group ${[verb, key, ...flags].join(' ')} --yes`)).toMatch(/group not found/i);
  }
  expect(await fail('push-group rotate short --yes')).toMatch(/group not found/i);
  expect(await fail('push-group create all --apps com.example.typo')).toMatch(/com\.example\.typo/);
  expect(await fail(`push-group create ${'n'.repeat(101)}`)).toMatch(/name: .*100/);
  expect(await succeed('push-group list')).not.toMatchObject([{ name: 'all' }]);
});
