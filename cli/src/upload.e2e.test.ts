// Uploads, run as programs against a stand-in server that remembers all it was sent.

import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { sha256Of } from './crypto/digest.ts';
import { readPublicKey } from './crypto/key-pair.ts';
import { openChecksum } from './crypto/seal.ts';
import { aLoggedInProject } from './testing/logged-in-project.ts';
import { APP_ID } from './testing/project.ts';

// Every test starts programs; a busy machine must not fail them.
vi.setConfig({ testTimeout: 60_000 });

describe('overair bundle upload', () => {
  it('sends a clear zip and releases it', async () => {
    const { server, run } = await aLoggedInProject();
    const outcome = await run(['bundle', 'upload', '--channel', 'production, beta,beta']);
    expect(outcome.json()).toMatchObject({
      bundle: '1.2.3',
      encrypted: false,
      channels: [{ name: 'production' }, { name: 'beta' }],
    });
    const [bundle] = server.bundles;
    const stored = server.blobs.get(String(bundle?.upload))!;
    expect(bundle).toMatchObject({
      app_id: APP_ID,
      checksum: sha256Of(stored),
      crc32: expect.stringMatching(/^[0-9a-f]{8}$/),
      cli_version: expect.stringMatching(/^\d/),
    });
    expect(server.channels.map(({ version }) => version)).toEqual([
      { id: 1, name: '1.2.3' },
      { id: 1, name: '1.2.3' },
    ]);
  });

  it('sends an encrypted zip with both checksum encodings, and never the private key', async () => {
    const { server, cwd, run } = await aLoggedInProject();
    await run(['key', 'create']);
    const zip = (await run(['bundle', 'zip'])).json();
    const upload = (await run(['bundle', 'upload'])).json<Record<string, string>>();
    expect(upload).toMatchObject({ encrypted: true, channels: [{ name: 'dev', created: true }] });
    const publicKey = readPublicKey(readFileSync(join(cwd, '.overair_key.pub'), 'utf8'));
    const [bundle] = server.bundles as Record<string, string>[];
    expect(openChecksum(bundle!.checksum!, publicKey)).toBe(zip.checksum);
    expect(openChecksum(bundle!.checksum_v2!, publicKey)).toBe(zip.checksum);
    expect(bundle!.crc32).toBe(zip.crc32);
    expect(server.calls.find(({ path }) => path === '/files/upload')?.query.get('kind')).toBe('encrypted');
    const secret = readFileSync(join(cwd, '.overair_key'), 'utf8').split('\n')[5]!;
    expect(server.calls.some(({ bytes }) => bytes.includes(secret))).toBe(false);
  });

  it('sends nothing that its plan could not release', async () => {
    const { server, cwd, run } = await aLoggedInProject();
    writeFileSync(join(cwd, 'plan.yaml'), 'steps: [{ share: 5, gait: evidence }, { share: 100 }]\n');
    const upload = async (...flags: string[]) =>
      (await run(['bundle', 'upload', '--channel', 'gone', ...flags])).json();
    expect(await upload('--plan', 'careful')).toMatchObject({ error: 'channel_not_found' });
    expect(await upload('--plan', 'brave')).toMatchObject({ error: 'invalid_plan' });
    expect(await upload('--plan', 'careful', '--notify')).toMatchObject({ error: 'conflicting_flags' });
    expect(await upload('--plan', './plan.yaml')).toMatchObject({
      error: 'invalid_plan',
      message: './plan.yaml: steps[0].gait is not a field of a plan: remove it, or mend its spelling.',
    });
    await run(['channel', 'add', 'gone']);
    expect(await upload('--plan', 'careful')).toMatchObject({ error: 'missing_stable_version' });
    expect(server.bundles).toEqual([]);
  });

  it('does not send again what the server holds', async () => {
    const { server, run } = await aLoggedInProject();
    await run(['bundle', 'upload']);
    const again = await run(['bundle', 'upload', '--bundle', '1.2.4']);
    expect(again.json()).toMatchObject({ bundle: '1.2.4', sent_bytes: 0 });
    expect(server.calls.filter(({ path }) => path === '/files/upload')).toHaveLength(1);
  });

  it('finds the next free version', async () => {
    const { run } = await aLoggedInProject();
    await run(['bundle', 'upload', '--bundle', '2.1.0']);
    expect((await run(['bundle', 'upload', '--bump', 'minor'])).json().bundle).toBe('2.2.0');
  });

  it('says when the version is taken, and accepts it when told', async () => {
    const { run } = await aLoggedInProject();
    await run(['bundle', 'upload']);
    const taken = await run(['bundle', 'upload']);
    expect([taken.code, taken.json().error]).toEqual([1, 'version_already_exists']);
    const accepted = await run(['bundle', 'upload', '--version-exists-ok']);
    expect([accepted.code, accepted.json().existed]).toEqual([0, true]);
  });

  it('refuses to send a clear bundle to phones that hold a key', async () => {
    const { cwd, run } = await aLoggedInProject();
    await run(['key', 'create']);
    rmSync(join(cwd, '.overair_key'));
    const outcome = await run(['bundle', 'upload']);
    expect([outcome.code, outcome.json().error]).toEqual([1, 'missing_key']);
    const insisted = await run(['bundle', 'upload', '--no-key']);
    expect(insisted.json()).toMatchObject({
      encrypted: false,
      warnings: [expect.stringContaining('refuse'), expect.any(String)],
    });
  });

  it('costs no upload when the app is unknown', async () => {
    const { server, run } = await aLoggedInProject();
    const outcome = await run(['bundle', 'upload', 'com.example.other']);
    expect([outcome.code, outcome.json().error]).toEqual([1, 'cannot_find_app']);
    expect(server.blobs.size).toBe(0);
  });

  it('says which server it could not reach', async () => {
    const { run } = await aLoggedInProject();
    const outcome = await run(['bundle', 'list'], { OVERAIR_SERVER: 'http://127.0.0.1:9' });
    expect([outcome.code, outcome.json().error]).toEqual([1, 'server_unreachable']);
  });
});

describe('the first update', () => {
  const android = (version: string) => ({ 'android/app/build.gradle': `versionCode 1\nversionName "${version}"` });

  it.each([
    ['0.0.0, which nobody chose', { 'package.json': '{"version":"0.0.0"}' }, 'version_zero'],
    ['0.0.0 for an app', { 'package.json': '{"version":"0.0.0"}', ...android('1.0') }, 'older_than_native'],
    ['the version of the app', { 'package.json': '{"version":"1.0.0"}', ...android('1.0') }, 'same_as_native'],
    ['a version below the app', { 'package.json': '{"version":"1.9.9"}', ...android('2.0.0') }, 'older_than_native'],
  ])('is not uploaded as %s', async (_what, files, code) => {
    const { server, run } = await aLoggedInProject(files);
    const outcome = await run(['bundle', 'upload', '--channel', 'production']);
    expect(outcome.json()).toMatchObject({ error: code, hint: expect.stringContaining('--bump') });
    expect([outcome.code, server.blobs.size]).toEqual([1, 0]);
    expect((await run(['bundle', 'upload', '--channel', 'production', '--no-version-check'])).code).toBe(0);
  });

  it('may go below the app where the channel lets phones go back', async () => {
    const { server, run } = await aLoggedInProject({ 'package.json': '{"version":"1.9.9"}', ...android('2.0.0') });
    server.channels.push({
      id: 1,
      name: 'production',
      public: true,
      disableAutoUpdateUnderNative: false,
      version: null,
    });
    expect((await run(['bundle', 'upload', '--channel', 'production'])).code).toBe(0);
  });

  it('gets a version above the app by --bump, and says what its phones will get', async () => {
    const { server, run } = await aLoggedInProject({ 'package.json': '{"version":"0.0.0"}', ...android('1.0') });
    server.updateAnswer = { version: '1.0.1', url: `${server.url}/files/x`, manifest: [{}, {}] };
    const outcome = await run(['bundle', 'upload', '--bump', '--channel', 'production']);
    expect(outcome.json()).toMatchObject({
      bundle: '1.0.1',
      arrival: [
        {
          platform: 'android',
          native_version: '1.0',
          outcome: 'download',
          version: '1.0.1',
          message: 'A phone with 1.0 of the store (Android) will download 1.0.1, file by file (2).',
        },
      ],
    });
    const question = server.calls.find(({ path }) => path === '/updates')?.body;
    expect(question).toMatchObject({ app_id: APP_ID, version_build: '1.0', version_name: '1.0', platform: 'android' });
  });

  it.each([
    [
      { error: 'disable_prod_build', kind: 'blocked', message: 'prod build is disabled' },
      'withheld',
      /NOT get 2\.0\.0: prod build is disabled.*--prod/,
    ],
    [
      { error: 'no_new_version_available', kind: 'up_to_date', message: '-' },
      'nothing',
      /NOT get 2\.0\.0: its channel offers nothing newer/,
    ],
    [{ version: '1.5.0', url: 'https://x.test' }, 'download', /will download 1\.5\.0, not 2\.0\.0/],
  ])('is said not to arrive: %j', async (answer, outcome, words) => {
    const { server, run } = await aLoggedInProject(android('1.0.0'));
    server.updateAnswer = answer;
    const upload = (await run(['bundle', 'upload', '--bundle', '2.0.0', '--channel', 'production'])).json();
    expect(upload).toMatchObject({
      arrival: [{ outcome }],
      warnings: expect.arrayContaining([expect.stringMatching(words)]),
    });
  });

  it('is said to be unknown where only Gradle knows the version', async () => {
    const { run } = await aLoggedInProject({ 'android/app/build.gradle': 'versionName getVersionFromGit()' });
    const upload = (await run(['bundle', 'upload', '--channel', 'production'])).json();
    expect(upload).toMatchObject({ arrival: [{ outcome: 'unknown', native_version: null }] });
  });
});

describe('what an upload takes from the project', () => {
  it('works without a Capacitor config, by overair.config.json', async () => {
    const { server, cwd, run } = await aLoggedInProject();
    rmSync(join(cwd, 'capacitor.config.json'));
    const settings = { appId: APP_ID, webDir: 'www', channel: 'beta', server: server.url };
    writeFileSync(join(cwd, 'overair.config.json'), JSON.stringify(settings));
    const outcome = await run(['bundle', 'upload'], { OVERAIR_SERVER: '' });
    expect(outcome.json()).toMatchObject({ app_id: APP_ID, channels: [{ name: 'beta' }] });
  });

  it('refuses settings it does not know', async () => {
    const { run } = await aLoggedInProject({ 'overair.config.json': '{"chanel":"beta"}' });
    expect((await run(['bundle', 'upload'])).json().error).toBe('invalid_settings');
  });

  it("accepts the other tool's names of flags", async () => {
    const { cwd, run } = await aLoggedInProject();
    await run(['key', 'create']);
    renameSync(join(cwd, '.overair_key'), join(cwd, 'elsewhere.pem'));
    const outcome = await run(['bundle', 'upload', '--partial', '--key-v2', 'elsewhere.pem', '--auto-bump', 'major']);
    expect(outcome.json()).toMatchObject({ bundle: '1.0.0', encrypted: true, delta_files: 2 });
  });
});

describe('overair bundle upload --delta', () => {
  it('sends single files once, and only the changed ones next time', async () => {
    const { server, cwd, run } = await aLoggedInProject({ 'www/big.js': 'let x = 1;\n'.repeat(2000) });
    const first = await run(['bundle', 'upload', '--delta']);
    expect(first.json()).toMatchObject({ delta_files: 3, sent_files: 4 });
    writeFileSync(join(cwd, 'www/index.html'), 'changed');
    const second = await run(['bundle', 'upload', '--delta', '--bundle', '1.2.4']);
    expect(second.json()).toMatchObject({ delta_files: 3, sent_files: 2 });
    const manifest = server.bundles[0]?.manifest as { file_name: string; sha256: string }[];
    expect(manifest.map(({ file_name }) => file_name)).toEqual(['assets/app.js', 'big.js.br', 'index.html']);
    for (const { sha256 } of manifest) expect(server.blobs.has(sha256)).toBe(true);
  });

  it('is the default when the installed updater supports it', async () => {
    const updater = 'node_modules/@capgo/capacitor-updater/package.json';
    const { run } = await aLoggedInProject({ [updater]: '{"version":"8.51.23"}' });
    expect((await run(['bundle', 'upload'])).json().delta_files).toBe(2);
    expect((await run(['bundle', 'upload', '--no-delta', '--bundle', '2.0.0'])).json().delta_files).toBe(0);
  });

  it('sends only changed files of an encrypted bundle too, when sessions are stable', async () => {
    const { server, cwd, run } = await aLoggedInProject();
    await run(['key', 'create']);
    await run(['bundle', 'upload', '--delta', '--stable-session']);
    writeFileSync(join(cwd, 'www/index.html'), 'changed');
    const again = await run(['bundle', 'upload', '--delta', '--stable-session', '--bundle', '1.2.4']);
    expect(again.json()).toMatchObject({ encrypted: true, delta_files: 2, sent_files: 2 });
    expect(server.bundles[0]?.session_key).toBe(server.bundles[1]?.session_key);
    const fresh = await run(['bundle', 'upload', '--delta', '--bundle', '1.2.5']);
    expect(fresh.json()).toMatchObject({ sent_files: 3 });
  });

  it('can leave the zip out, but not its checksum', async () => {
    const { server, run } = await aLoggedInProject();
    await run(['bundle', 'upload', '--delta-only']);
    expect(server.bundles[0]).toMatchObject({ checksum: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(server.bundles[0]).not.toHaveProperty('upload');
  });
});

describe('a lost connection', () => {
  it('does not stop small uploads', async () => {
    const { server, run } = await aLoggedInProject();
    server.breakNext('/files/missing');
    server.breakNext('/files/upload');
    expect((await run(['bundle', 'upload', '--no-channel'])).json()).toMatchObject({ sent_files: 1 });
  });

  it('continues large uploads where they broke', async () => {
    const noise = randomBytes(10 << 20);
    const { server, run } = await aLoggedInProject({ 'www/video.mp4': noise });
    server.cutNextPatchAfter(5 << 20);
    const outcome = await run(['bundle', 'upload', '--no-channel']);
    expect([outcome.code, outcome.stdout]).toEqual([0, expect.stringContaining('"encrypted": false')]);
    expect(server.uploads.size).toBe(1);
    expect(server.blobs.get(String(server.bundles[0]?.upload))?.includes(noise.subarray(-1000))).toBe(true);
  });
});
