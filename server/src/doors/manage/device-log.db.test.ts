import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';

const app_id = 'com.example.story';
const device_id = '00009a6b-eefe-490a-9c60-8e965132ae51';
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await manage('POST', '/app', { app_id, name: 'Story', owner_org: server.orgId });
  const bundle = { external_url: 'https://cdn.test/b.zip', checksum: 'a'.repeat(64) };
  await manage('POST', '/bundle', { app_id, version: '2.0.0', ...bundle });
  await manage('POST', '/channel', { app_id, channel: 'production', public: true, version: '2.0.0' });
});
afterAll(() => server.close());

async function manage(method: 'GET' | 'POST', url: string, payload?: object) {
  const headers = { authorization: server.adminKey };
  const answer = await server.app.inject({ method, url, headers, ...(payload && { payload }) });
  return { status: answer.statusCode, json: answer.json() };
}

const phone = (facts: object = {}) => ({
  ...{ app_id, device_id, platform: 'ios', plugin_version: '8.51.14', version_build: '1.0.0', version_name: '1.0.0' },
  ...{ version_os: '18', version_code: '1', is_prod: true, is_emulator: false, ...facts },
});
const ask = async (facts: object = {}) =>
  (await server.app.inject({ method: 'POST', url: '/updates', payload: phone(facts) })).json();
const explain = async (id = device_id) =>
  (await manage('GET', `/device/explain?app_id=${app_id}&device_id=${id}`)).json;

test('a device that was never seen cannot be explained', async () => {
  expect(await manage('GET', `/device/explain?app_id=${app_id}&device_id=${device_id}`)).toMatchObject({
    status: 404,
    json: { error: 'device_not_found' },
  });
});

test('the explanation is the decision, with every step that led to it', async () => {
  expect(await ask()).toMatchObject({ error: 'disable_auto_update_to_major' });
  const explained = await explain();
  expect(explained).toMatchObject({
    outcome: 'disable_auto_update_to_major',
    message: 'Cannot upgrade major version',
    channel: 'production',
    version: '2.0.0',
  });
  expect(explained.steps.at(0)).toMatchObject({ check: 'a channel is found', passed: true });
  expect(explained.steps.at(-1)).toEqual({
    check: 'major is allowed',
    passed: false,
    detail: 'disable_auto_update_to_major',
  });
});

test('the answer to a write means that the next question is decided by it', async () => {
  for (const mode of ['none', 'major', 'none', 'minor', 'none']) {
    await manage('POST', '/channel', { app_id, channel: 'production', disableAutoUpdate: mode });
    const answer = await ask();
    expect('url' in answer, `${mode}: ${JSON.stringify(answer)}`).toBe(mode === 'none');
  }
});

test('the log tells what was answered and reported, and goes on from its cursor', async () => {
  await server.parts.recorder.drain();
  const log = (after = '') => manage('GET', `/device/log?app_id=${app_id}&device_id=${device_id}${after}`);
  const first = await log();
  expect(first.json.data.map((event: { action: string }) => event.action)).toContain('disableAutoUpdateToMajor');
  const payload = [{ ...phone({ version_name: '2.0.0' }), action: 'set', metadata: { source: 'test' } }];
  await server.app.inject({ method: 'POST', url: '/stats', payload });
  const second = await log(`&after=${first.json.cursor}`);
  expect(second.json.data).toMatchObject([
    { action: 'set', version_name: '2.0.0', bundle: '2.0.0', channel: 'production', metadata: { source: 'test' } },
  ]);
  expect((await log(`&after=${second.json.cursor}`)).json.data).toEqual([]);
});

test('a device on a bundle that is named like its native version is explained as it is answered', async () => {
  await manage('POST', '/channel', { app_id, channel: 'store', allow_device_self_set: true });
  const store = { version_build: '2.0.0', version_name: '2.0.0', defaultChannel: 'store' };
  const fromStore = { ...store, device_id: device_id.replace('0', '1') };
  expect(await ask(fromStore)).toMatchObject({ error: 'already_on_builtin' });
  const explained = await explain(fromStore.device_id);
  expect(explained).toMatchObject({ outcome: 'already_on_builtin', channel: 'store', version: null });
  expect(explained.steps.at(-1)).toMatchObject({ passed: false, detail: 'already_on_builtin' });

  const updated = { ...store, device_id: device_id.replace('0', '2') };
  await ask({ ...updated, version_name: '1.0.0', defaultChannel: 'production' });
  expect(await ask(updated)).toEqual({ version: 'builtin' });
  expect(await explain(updated.device_id)).toMatchObject({ outcome: 'builtin', channel: 'store' });
});

test('a rollout is previewed: whether the device is inside, and from which share on it would be', async () => {
  const place = { app_id, channel: 'production' };
  await manage('POST', '/bundle', {
    app_id,
    version: '2.0.1',
    external_url: 'https://cdn.test/c.zip',
    checksum: 'b'.repeat(64),
  });
  await manage('POST', '/channel', {
    ...place,
    disableAutoUpdate: 'none',
    rolloutVersion: '2.0.1',
    rolloutEnabled: true,
  });
  await ask();
  const { rollout } = await explain();
  expect(rollout).toMatchObject({ bundle: '2.0.1', percentage_bps: 0, is_inside: false, reason: 'percentage_zero' });
  for (const [below, version] of [
    [1, '2.0.0'],
    [0, '2.0.1'],
  ] as const) {
    const rolloutPercentageBps = rollout.enters_at_bps - below;
    await manage('POST', '/channel', { ...place, rolloutPercentageBps });
    expect(await ask(), `at ${rolloutPercentageBps}`).toMatchObject({ version });
    expect((await explain()).rollout).toMatchObject({
      percentage_bps: rolloutPercentageBps,
      is_inside: version === '2.0.1',
    });
  }
  await manage('POST', '/channel', { ...place, rollback: true });
  expect((await explain()).rollout).toBeNull();
});

test('who asks for a channel that is closed to it is explained by its name', async () => {
  await manage('POST', '/channel', { app_id, channel: 'closed' });
  const named = { device_id: device_id.replace('0', '3'), defaultChannel: 'closed' };
  const answer = await ask(named);
  expect(answer).toMatchObject({ error: 'no_channel', message: 'no default channel or override' });
  expect(JSON.stringify(answer)).not.toContain('closed');
  expect(await explain(named.device_id)).toMatchObject({
    outcome: 'no_channel',
    message: 'It asks for channel "closed", which is neither public nor open to devices',
    channel: null,
  });
  await server.parts.recorder.drain();
  const log = await manage('GET', `/device/log?app_id=${app_id}&device_id=${named.device_id}`);
  expect(log.json.data).toMatchObject([{ action: 'NoChannelOrOverride', metadata: { asked_channel: 'closed' } }]);
});
