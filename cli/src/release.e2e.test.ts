// What decides whether phones can use a bundle, and who gets it: native code, keys, foreign storage, channels.

import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { aLoggedInProject } from './testing/logged-in-project.ts';
import { APP_ID } from './testing/project.ts';

// Every test starts programs; a busy machine must not fail them.
vi.setConfig({ testTimeout: 60_000 });

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

describe('who may', () => {
  it('a channel is protected by a right and by keys, and the protection lifted', async () => {
    const { server, run } = await aLoggedInProject();
    await run(['channel', 'add', 'production']);
    const set = (...flags: string[]) => run(['channel', 'set', 'production', ...flags]);
    expect((await set('--protected-by', 'admin', '--protected-keys', '3, 7')).code).toBe(0);
    expect((await set('--protected-by', 'nobody')).code).toBe(0);
    expect((await set('--protected-keys', 'ci')).json()).toMatchObject({ error: 'invalid_protected_keys' });
    const saved = server.calls.filter(({ method, path }) => method === 'POST' && path === '/channel');
    expect(saved.slice(1).map(({ body }) => body)).toMatchObject([
      { protected_by: 'admin', protected_keys: [3, 7] },
      { protected_by: null },
    ]);
  });

  it.each([
    [['--app', '']],
    [['--app', ' , ']],
    [['--org', '']],
    [['--app', APP_ID, '--channel', '']],
    [['--channel', 'beta']],
  ])('a key with the limit %j is not made for everything', async (flags) => {
    const { server, run } = await aLoggedInProject();
    expect((await run(['apikey', 'create', 'ci', ...flags])).json()).toMatchObject({ error: 'missing_argument' });
    expect(server.calls.filter(({ path }) => path === '/apikey')).toEqual([]);
  });
});
