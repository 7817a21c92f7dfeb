// Beginning: login, init and doctor, run as programs against a stand-in server.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { API_KEY, startFakeServer } from './testing/fake-server.ts';
import { aLoggedInProject } from './testing/logged-in-project.ts';
import { APP_ID, aProject, overair } from './testing/project.ts';

// Every test starts programs; a busy machine must not fail them.
vi.setConfig({ testTimeout: 60_000 });

describe('overair login', () => {
  it('remembers server and key for its owner only, and other commands use them', async () => {
    const server = await startFakeServer();
    const cwd = aProject();
    const login = await overair(cwd, ['login', API_KEY, '--server', server.url, '--json']);
    expect(login.json()).toMatchObject({ server: server.url, organizations: [{ name: 'Acme' }] });
    expect(statSync(join(cwd, 'home/.overair')).mode & 0o777).toBe(0o600);
    expect((await overair(cwd, ['app', 'list', '--json'])).json()).toEqual([]);
  });

  it('keeps a wrong key out', async () => {
    const server = await startFakeServer();
    const cwd = aProject();
    const outcome = await overair(cwd, ['login', 'wrong', '--server', server.url, '--json']);
    expect([outcome.code, outcome.json().error]).toEqual([1, 'invalid_apikey']);
    expect(() => statSync(join(cwd, 'home/.overair'))).toThrow('ENOENT');
  });

  it('never shows the stored key to another server', async () => {
    const [server, other] = [await startFakeServer(), await startFakeServer()];
    const cwd = aProject();
    await overair(cwd, ['login', API_KEY, '--server', server.url]);
    const outcome = await overair(cwd, ['app', 'list', '--server', other.url, '--json']);
    expect([outcome.code, outcome.json().error]).toEqual([1, 'key_of_other_server']);
    expect(other.calls).toEqual([]);
  });

  it('replaces a damaged login', async () => {
    const server = await startFakeServer();
    const cwd = aProject({ 'home/.overair': '{"broken' });
    expect((await overair(cwd, ['app', 'list', '--json'])).json().error).toBe('invalid_login');
    expect((await overair(cwd, ['login', API_KEY, '--server', server.url])).code).toBe(0);
    expect((await overair(cwd, ['app', 'list', '--json'])).code).toBe(0);
  });

  it('asks nothing where nobody can answer, and names the flag', async () => {
    const outcome = await overair(aProject(), ['login', '--json']);
    expect(outcome.code).toBe(1);
    expect(outcome.json()).toMatchObject({ error: 'needs_answer', hint: 'Pass --server <url>.' });
  });
});

describe('overair init', () => {
  it('connects a project, and does nothing twice', async () => {
    const { server, cwd, run } = await aLoggedInProject({ 'src/main.ts': '// start\nrun();\n' });
    server.apps.clear();
    const first = await run(['init', '--sign', '--upload', '--yes']);
    expect(first.json()).toMatchObject({
      app_id: APP_ID,
      channel: 'production',
      signed: true,
      config_edited: true,
      bundle: '1.0.0',
    });
    expect(server.channels).toMatchObject([{ name: 'production', public: true, version: { name: '1.0.0' } }]);
    expect(readFileSync(join(cwd, 'src/main.ts'), 'utf8')).toContain('notifyAppReady');
    const config = readFileSync(join(cwd, 'capacitor.config.json'), 'utf8');
    expect(config).toContain(`${server.url}/updates`);
    const second = await run(['init', '--no-upload']);
    expect(second.json()).toMatchObject({ config_edited: false, bundle: null });
    expect(readFileSync(join(cwd, 'capacitor.config.json'), 'utf8')).toBe(config);
  });

  it('changes no file unasked', async () => {
    const { cwd, run } = await aLoggedInProject();
    const before = readFileSync(join(cwd, 'capacitor.config.json'), 'utf8');
    const outcome = await run(['init']);
    expect([outcome.code, outcome.json().error]).toEqual([1, 'needs_answer']);
    expect(readFileSync(join(cwd, 'capacitor.config.json'), 'utf8')).toBe(before);
  });
});

describe('overair doctor', () => {
  it.each([
    [{ version: '1.0.1', url: 'https://x.test' }, 'ok', /will download 1\.0\.1/],
    [{ error: 'no_channel', kind: 'failed', message: 'no default channel' }, 'problem', /NOT get/],
    [{ error: 'no_bundle', kind: 'failed', message: 'Cannot get bundle' }, 'warning', /Cannot get bundle/],
  ])('tells what a phone of this project gets: %j', async (answer, status, words) => {
    const { server, run } = await aLoggedInProject({ 'android/app/build.gradle': 'versionName "1.0"' });
    server.updateAnswer = answer;
    const outcome = await run(['doctor']);
    const { findings } = outcome.json<{ findings: { check: string; status: string; message: string }[] }>();
    const found = findings.find(({ check }) => check === 'arrival');
    expect(found).toMatchObject({ status, message: expect.stringMatching(words) });
    if (status === 'problem') expect(outcome.code).toBe(1);
  });

  it('says when a proxy forwards requests that the server does not trust', async () => {
    const { server, run } = await aLoggedInProject({});
    const aboutProxy = async () =>
      (await run(['doctor']))
        .json<{ findings: { check: string }[] }>()
        .findings.filter(({ check }) => check === 'trust_proxy');
    expect(await aboutProxy()).toEqual([]);
    server.isBehindUnknownProxy = true;
    expect(await aboutProxy()).toMatchObject([
      { status: 'warning', fix: expect.stringContaining('OVERAIR_TRUST_PROXY') },
    ]);
  });

  it('finds what is wrong, mends what is safe, and exits by what remains', async () => {
    const { server, cwd, run } = await aLoggedInProject({
      'node_modules/@capgo/capacitor-updater/package.json': '{"version":"10.0.0"}',
    });
    const before = await run(['doctor']);
    const statuses = (outcome: typeof before) =>
      Object.fromEntries(
        outcome
          .json<{ findings: { check: string; status: string }[] }>()
          .findings.map((row) => [row.check, row.status]),
      );
    expect(before.code).toBe(1);
    expect(statuses(before)).toMatchObject({
      server: 'ok',
      api_key: 'ok',
      app: 'ok',
      updater: 'problem',
      device_urls: 'problem',
    });
    expect(statuses(await run(['doctor', '--fix']))).toMatchObject({ device_urls: 'ok', updater: 'problem' });
    const config = JSON.parse(readFileSync(join(cwd, 'capacitor.config.json'), 'utf8'));
    expect(config.plugins.CapacitorUpdater).toEqual({
      updateUrl: `${server.url}/updates`,
      statsUrl: `${server.url}/stats`,
      channelUrl: `${server.url}/channel_self`,
    });
  });
});
