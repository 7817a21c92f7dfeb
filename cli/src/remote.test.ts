// The commands that speak to a server, run as programs against a stand-in on loopback.

import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { sha256Of } from './crypto/digest.ts';
import { readPublicKey } from './crypto/key-pair.ts';
import { openChecksum } from './crypto/seal.ts';
import { API_KEY, type FakeServer, startFakeServer } from './testing/fake-server.ts';
import { APP_ID, aProject, overair } from './testing/project.ts';

// Every test starts programs; a busy machine must not fail them.
vi.setConfig({ testTimeout: 60_000 });

interface Setting {
  server: FakeServer;
  cwd: string;
  run: (args: string[], env?: Record<string, string>) => ReturnType<typeof overair>;
}

async function aLoggedInProject(files: Record<string, string | Uint8Array> = {}): Promise<Setting> {
  const server = await startFakeServer();
  const cwd = aProject(files);
  const login = { OVERAIR_TOKEN: API_KEY, OVERAIR_SERVER: server.url };
  const run: Setting['run'] = (args, env = {}) => overair(cwd, [...args, '--json'], { env: { ...login, ...env } });
  server.apps.set(APP_ID, { app_id: APP_ID, default_upload_channel: 'dev' });
  return { server, cwd, run };
}

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

  it('can leave the zip out, but not its checksum', async () => {
    const { server, run } = await aLoggedInProject();
    await run(['bundle', 'upload', '--delta-only']);
    expect(server.bundles[0]).toMatchObject({ checksum: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(server.bundles[0]).not.toHaveProperty('upload');
  });
});

describe('native packages', () => {
  const plugin = (version: string) => ({
    'package.json': '{"version":"1.2.3","dependencies":{"camera":"1"}}',
    'node_modules/camera/package.json': `{"version":"${version}","capacitor":{"ios":{}}}`,
    'node_modules/camera/ios/Camera.swift': 'code',
  });

  it('stop an upload that would break phones, unless that is accepted', async () => {
    const { server, cwd, run } = await aLoggedInProject(plugin('1.0.0'));
    await run(['bundle', 'upload']);
    expect(server.bundles[0]?.native_packages).toEqual([expect.objectContaining({ name: 'camera', version: '1.0.0' })]);
    writeFileSync(join(cwd, 'node_modules/camera/package.json'), plugin('2.0.0')['node_modules/camera/package.json']);
    const refused = await run(['bundle', 'upload', '--bundle', '1.3.0']);
    expect(refused.code).toBe(1);
    expect(refused.json()).toMatchObject({ error: 'incompatible', packages: [{ reason: 'version_mismatch' }] });
    expect(server.bundles).toHaveLength(1);
    expect((await run(['bundle', 'compatibility', '--channel', 'dev'])).code).toBe(1);
    expect((await run(['bundle', 'upload', '--bundle', '1.3.0', '--auto-min-update-version'])).code).toBe(0);
    expect(server.bundles[0]).toMatchObject({ name: '1.3.0', min_update_version: '1.3.0' });
  });
});

describe('overair key rotate', () => {
  it('serves both generations of apps until it is finished', async () => {
    const { server, cwd, run } = await aLoggedInProject();
    const old = (await run(['key', 'create'])).json<{ key_id: string }>();
    const rotated = (await run(['key', 'rotate', '--yes'])).json<{ key_id: string; channel: string }>();
    const upload = await run(['bundle', 'upload', '--channel', 'production']);
    expect(upload.json()).toMatchObject({
      bundle: '1.2.3',
      key_id: rotated.key_id,
      channels: [{ name: rotated.channel }],
    });
    expect(upload.json()).toMatchObject({ previous_key: { key_id: old.key_id, channels: [{ name: 'production' }] } });
    expect(server.channels).toMatchObject([
      { name: rotated.channel, version: { name: '1.2.3' }, allow_device_self_set: true },
      { name: 'production', version: { name: expect.stringMatching(/^1\.2\.3\+key-[0-9a-f]{6}$/) } },
    ]);
    await run(['key', 'rotate', '--finish', '--yes']);
    expect(() => statSync(join(cwd, '.overair_key.previous'))).toThrow('ENOENT');
    const after = await run(['bundle', 'upload', '--bundle', '1.2.4']);
    expect(after.json()).toMatchObject({ channels: [{ name: rotated.channel, created: false }] });
    expect(after.json()).not.toHaveProperty('previous_key');
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

describe('overair bundle upload --external', () => {
  it('registers what lies elsewhere, with both checksum encodings and the key id', async () => {
    const { server, run } = await aLoggedInProject();
    await run(['key', 'create']);
    await run(['bundle', 'zip', '--name', 'a.zip']);
    const sealed = (await run(['bundle', 'encrypt', 'a.zip'])).json<Record<string, string>>();
    const url = 'https://storage.example.com/a.zip';
    const flags = ['--iv-session-key', sealed.ivSessionKey!, '--encrypted-checksum', sealed.checksum!];
    expect((await run(['bundle', 'upload', '--external', url, ...flags])).code).toBe(0);
    expect(server.bundles[0]).toMatchObject({
      external_url: url,
      session_key: sealed.ivSessionKey,
      checksum: sealed.checksum,
      checksum_v2: sealed.checksum_v2,
      key_id: sealed.key_id,
    });
    expect(server.blobs.size).toBe(0);
  });

  it.each([
    ['invalid_protocol', ['--external', 'http://x.example/a.zip', '--checksum', 'a'.repeat(64)]],
    ['missing_checksum', ['--external', 'https://x.example/a.zip']],
    ['missing_argument', ['--external', 'https://x.example/a.zip', '--iv-session-key', 'k']],
    [
      'invalid_checksum',
      ['--external', 'https://x.example/a.zip', '--iv-session-key', 'k', '--encrypted-checksum', 'c'],
    ],
  ])('refuses with %s', async (error, args) => {
    const { run } = await aLoggedInProject();
    expect((await run(['bundle', 'upload', ...args])).json().error).toBe(error);
  });
});

describe('overair bundle list and delete', () => {
  it('list nothing without failing', async () => {
    const { run } = await aLoggedInProject();
    const outcome = await run(['bundle', 'list']);
    expect([outcome.code, outcome.json()]).toEqual([0, []]);
  });

  it('delete a bundle that a channel serves only after an answer', async () => {
    const { server, run } = await aLoggedInProject();
    await run(['bundle', 'upload', '--channel', 'production']);
    const refused = await run(['bundle', 'delete', '1.2.3']);
    expect(refused.code).toBe(1);
    expect(refused.json()).toMatchObject({ error: 'needs_answer', hint: 'Pass --yes.' });
    expect(server.bundles).toHaveLength(1);
    const done = await run(['bundle', 'delete', '1.2.3', '--yes']);
    expect(done.json()).toMatchObject({ deleted: true, unlinked_channels: ['production'] });
    expect([server.bundles, server.channels[0]?.version]).toEqual([[], null]);
  });
});

describe('overair app and channel', () => {
  it('register the app of this folder', async () => {
    const { server, run } = await aLoggedInProject();
    server.apps.clear();
    expect((await run(['app', 'add'])).json()).toMatchObject({
      app_id: APP_ID,
      name: 'Tiny',
      owner_org: expect.stringMatching(/^046a36ac/),
    });
  });

  it('create, change and list channels', async () => {
    const { run } = await aLoggedInProject();
    await run(['channel', 'add', 'beta', '--default']);
    const again = await run(['channel', 'add', 'beta']);
    expect(again.json().error).toBe('channel_exists');
    await run(['bundle', 'upload', '--no-channel']);
    const set = await run([
      'channel',
      'set',
      'beta',
      '--bundle',
      '1.2.3',
      '--no-ios',
      '--disable-auto-update',
      'metadata',
      '--no-default',
    ]);
    expect(set.json()).toMatchObject({
      version: { name: '1.2.3' },
      ios: false,
      disableAutoUpdate: 'metadata',
      public: false,
    });
    expect((await run(['channel', 'list'])).json<unknown[]>()).toHaveLength(1);
  });

  it('never create a channel by a slip of the pen', async () => {
    const { server, run } = await aLoggedInProject();
    expect((await run(['channel', 'set', 'btea', '--latest'])).code).toBe(1);
    expect(server.channels).toEqual([]);
    expect((await run(['channel', 'set', 'btea'])).json().error).toBe('missing_argument');
  });
});

describe('overair doctor', () => {
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
