// A developer's days with the command line against the real server: begin, release, roll out, look, clean up.

import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPublicKey } from '../../cli/src/crypto/key-pair.ts';
import { openChecksum } from '../../cli/src/crypto/seal.ts';
import { phoneQuestion } from '../phone-question.ts';
import { type RunningServer, startServer, temporaryFolder } from '../processes.ts';
import { APP_ID, aProject, type Outcome, ours } from './programs.ts';

let server: RunningServer;
let data: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  data = await temporaryFolder('journey');
  server = await startServer({ dataDir: data.path, fromSource: true });
});
afterAll(async () => {
  await server.stop();
  await data.remove();
});

type Json = Record<string, unknown>;

/** A project of an app of its own, logged in by its environment. */
function aDeveloper(name: string, files: Record<string, string | Uint8Array> = {}) {
  const appId = `${APP_ID}.${name}`;
  const config = { appId, appName: name, webDir: 'www' };
  const cwd = aProject('8.51.23', { 'capacitor.config.json': JSON.stringify(config, null, 2), ...files });
  const env = { OVERAIR_SERVER: server.url, OVERAIR_TOKEN: server.adminKey! };
  const run = async (...args: string[]): Promise<Outcome> => ours(cwd, [...args, '--json'], env);
  const succeed = async (...args: string[]): Promise<Json> => {
    const outcome = await run(...args);
    expect([args.join(' '), outcome.code, outcome.output]).toEqual([args.join(' '), 0, expect.any(String)]);
    return outcome.json<Json>();
  };
  return { appId, cwd, run, succeed };
}

async function tell(path: string, body: Json): Promise<Json> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await response.json()) as Json;
}

/** What a phone with this plugin is told. */
const askForUpdate = (app_id: string, plugin_version: string, fields: Json = {}) =>
  tell('/updates', phoneQuestion(app_id, plugin_version, fields));

describe('from nothing to a signed release', () => {
  it('gives every generation of plugins the checksum it reads, and the new ones single files', async () => {
    const { appId, cwd, succeed } = aDeveloper('signed');
    const init = await succeed('init', '--sign', '--no-upload', '--yes');
    expect(init).toMatchObject({ signed: true, config_edited: true });
    const upload = await succeed('bundle', 'upload', '--bundle', '1.0.1', '--channel', 'production');
    expect(upload).toMatchObject({ encrypted: true, delta_files: 3 });
    const publicKey = readPublicKey(readFileSync(join(cwd, '.overair_key.pub'), 'utf8'));
    const { key_id } = upload as { key_id: string };
    const current = await askForUpdate(appId, '8.51.23', { key_id });
    const old = await askForUpdate(appId, '7.25.0');
    expect(current).toMatchObject({ version: '1.0.1', checksum: upload.checksum, session_key: upload.session_key });
    expect(old).toMatchObject({ version: '1.0.1', checksum: upload.checksum_v2 });
    expect(openChecksum(String(old.checksum), publicKey)).toBe(openChecksum(String(current.checksum), publicKey));
    expect(current.manifest).toHaveLength(3);
  });
});

describe('releases', () => {
  it('send only what changed, and say what it costs a phone', async () => {
    const { cwd, succeed } = aDeveloper('delta', { 'www/vendor.js': 'let a = 1;\n'.repeat(20_000) });
    await succeed('app', 'add');
    const first = await succeed('bundle', 'upload', '--channel', 'production');
    writeFileSync(join(cwd, 'www/app.js'), 'CapacitorUpdater.notifyAppReady(); // changed');
    const second = await succeed('bundle', 'upload', '--bump', '--channel', 'production');
    expect(first).toMatchObject({ sent_files: 5 });
    expect(second).toMatchObject({ bundle: '1.2.4', sent_files: 2, update_cost: { reused_files: 3 } });
  });

  it('carry large files resumably', async () => {
    const { appId, succeed } = aDeveloper('large', { 'www/video.mp4': randomBytes(20 << 20) });
    await succeed('app', 'add');
    const upload = await succeed('bundle', 'upload', '--channel', 'production');
    expect(upload).toMatchObject({ existed: false });
    await succeed('channel', 'set', 'production', '--default');
    const answer = await askForUpdate(appId, '8.51.23');
    const zip = await fetch(String(answer.url), { headers: { range: 'bytes=0-3' } });
    expect(Buffer.from(await zip.arrayBuffer()).toString('latin1')).toBe('PK\x03\x04');
  });

  it('grow, stop and go back', async () => {
    const { succeed, run } = aDeveloper('rollout');
    await succeed('app', 'add');
    await succeed('channel', 'add', 'production', '--default');
    await succeed('bundle', 'upload', '--bundle', '1.0.0', '--channel', 'production,beta');
    await succeed('bundle', 'upload', '--bundle', '1.1.0', '--channel', 'beta');
    await succeed('bundle', 'promote', 'beta', 'production', '--rollout', '5');
    expect(await succeed('rollout', 'grow', 'production', '50')).toMatchObject({ rolloutPercentageBps: 5000 });
    expect(await succeed('rollout', 'pause', 'production')).toMatchObject({ rolloutPausedAt: expect.any(String) });
    await succeed('rollout', 'resume', 'production');
    expect(await succeed('rollout', 'finish', 'production', '--yes')).toMatchObject({ version: { name: '1.1.0' } });
    expect(await succeed('channel', 'current', 'production')).toMatchObject({ bundle: '1.1.0' });
    // The channel may return to 1.0.0: only by its name is it deleted.
    expect(await succeed('bundle', 'cleanup', '--keep', '1', '--force')).toMatchObject({ deleted: [] });
    await succeed('bundle', 'delete', '1.0.0', '--yes');
    expect((await run('bundle', 'delete', '1.1.0')).code).toBe(1);
    expect(await succeed('app', 'delete', '--yes')).toMatchObject({ deleted: true });
  });
});

describe('probe', () => {
  it('says what a phone gets, and why it gets nothing', async () => {
    const { succeed, run } = aDeveloper('probe');
    await succeed('app', 'add');
    const nothing = await run('probe');
    expect([nothing.code, nothing.json()]).toEqual([
      1,
      expect.objectContaining({ hint: expect.stringContaining('--default') }),
    ]);
    await succeed('channel', 'add', 'production', '--default');
    await succeed('bundle', 'upload', '--channel', 'production');
    expect(await succeed('probe')).toMatchObject({ answer: { version: '1.2.3' } });
    expect(await succeed('probe', '--bundle', '1.2.3')).not.toHaveProperty('answer.url');
    await succeed('channel', 'set', 'production', '--no-ios');
    expect((await run('probe', '--platform', 'ios')).code).toBe(1);
  });
});

describe('one phone', () => {
  it('has a log, and an explanation of what it is offered', async () => {
    const { appId, succeed, run } = aDeveloper('phone');
    await succeed('app', 'add');
    await succeed('channel', 'add', 'production', '--default');
    await succeed('bundle', 'upload', '--channel', 'production');
    const { device_id, ...facts } = phoneQuestion(appId, '8.51.23');
    await askForUpdate(appId, '8.51.23');
    await tell('/stats', { device_id, ...facts, action: 'download_complete', version_name: '1.2.3' });
    // The registry is written behind the answers.
    await expect.poll(async () => (await run('devices', 'show', device_id)).code, { timeout: 30_000 }).toBe(0);
    expect(await succeed('devices', 'show', device_id)).toMatchObject({ device_id, platform: 'android' });
    expect(await succeed('devices', 'log', device_id)).toMatchObject({
      events: expect.arrayContaining([expect.objectContaining({ action: 'download_complete' })]),
    });
    expect(await succeed('devices', 'explain', device_id)).toMatchObject({ steps: expect.any(Array) });
    expect(await succeed('devices', 'explain', device_id, '--fact', 'version_build=9')).toMatchObject({
      outcome: 'disable_auto_update_under_native',
      would_change: [{ changes: expect.arrayContaining([expect.objectContaining({ code: 'channel_setting' })]) }],
    });
    const then = new Date().toISOString();
    await succeed('channel', 'set', 'production', '--no-android');
    expect(await succeed('devices', 'explain', device_id, '--at', then)).toMatchObject({ channel: 'production' });
    expect((await run('devices', 'explain', device_id, '--at', 'yesterday')).code).toBe(1);
    await succeed('channel', 'add', 'beta');
    await succeed('devices', 'force', device_id, 'beta');
    await succeed('devices', 'release', device_id);
    expect((await run('devices', 'show', 'nobody')).code).toBe(1);
  });
});

describe('push', () => {
  it('is turned on, given accounts, and grouped', async () => {
    const { appId, succeed } = aDeveloper('push');
    await succeed('app', 'add');
    expect(await succeed('push', 'enable')).toMatchObject({
      app_key: expect.any(String),
      master_secret: expect.any(String),
    });
    await succeed('push', 'credential', 'webpush', '--subject', 'mailto:owner@example.com');
    expect(await succeed('push', 'show')).toMatchObject({ credentials: [{ channel: 'webpush' }] });
    const { group_key } = (await succeed('push-group', 'create', 'all', '--apps', appId)) as { group_key: string };
    await succeed('push-group', 'set', group_key, '--name', 'everybody');
    expect(await succeed('push-group', 'list')).toMatchObject([{ name: 'everybody', app_ids: [appId] }]);
    await succeed('push-group', 'rotate', group_key, '--yes');
    await succeed('push-group', 'delete', group_key, '--yes');
    await succeed('push', 'messages');
    await succeed('push', 'rotate', '--yes');
    await succeed('push', 'credential', 'webpush', '--remove', '--yes');
  });
});

describe('a day of looking after things', () => {
  it('every command that lists or shows answers with JSON', async () => {
    const { appId, succeed } = aDeveloper('looking');
    await succeed('app', 'add');
    await succeed('channel', 'add', 'production', '--default');
    await succeed('bundle', 'upload', '--channel', 'production');
    await askForUpdate(appId, '8.51.23');
    const commands = [
      'app list',
      'app set --name Looking --retention 30',
      'bundle list',
      'bundle compatibility --channel production',
      'channel list',
      'rollout show production',
      'devices list',
      'statistics app',
      'statistics bundles',
      'apikey create ci --mode upload --expires 30d',
      'apikey list',
      'organization list',
      'organization members',
      'webhook list',
    ];
    for (const command of commands) await succeed(...command.split(' '));
  });

  it('a key with fewer rights can upload and nothing else', async () => {
    const { cwd, succeed } = aDeveloper('limited');
    await succeed('app', 'add');
    const { key } = (await succeed('apikey', 'create', 'ci', '--mode', 'upload')) as { key: string };
    const env = { OVERAIR_SERVER: server.url, OVERAIR_TOKEN: key };
    const upload = await ours(cwd, ['bundle', 'upload', '--no-channel', '--json'], env);
    expect([upload.code, upload.output]).toEqual([0, expect.any(String)]);
    expect((await ours(cwd, ['bundle', 'delete', '1.2.3', '--yes', '--json'], env)).code).toBe(1);
    expect((await ours(cwd, ['app', 'delete', '--yes', '--json'], env)).code).toBe(1);
  });
});
