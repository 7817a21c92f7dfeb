// Proof against the published @capgo/cli: what one encrypts the other opens, zip and single files, in both checksum encodings.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { API_KEY, startFakeServer } from '../../cli/src/testing/fake-server.ts';
import { APP_ID, aProject, ours, theirs } from './programs.ts';

vi.setConfig({ testTimeout: 120_000 });

// Which encoding the other tool speaks follows from the updater that the project has installed.
const generations = [
  { form: 'V3', updater: '8.51.23', checksum: 'checksum' },
  { form: 'V2', updater: '7.25.0', checksum: 'checksum_v2' },
] as const;

const readFrom = (cwd: string, name: string) => readFileSync(join(cwd, name));

/** A key made by our tool, under the names that the other one looks for. */
async function createKey(cwd: string): Promise<void> {
  expect((await ours(cwd, ['key', 'create'])).code).toBe(0);
  writeFileSync(join(cwd, '.capgo_key_v2'), readFrom(cwd, '.overair_key'), { mode: 0o600 });
  writeFileSync(join(cwd, '.capgo_key_v2.pub'), readFrom(cwd, '.overair_key.pub'));
}

describe.each(generations)('$form, updater $updater', ({ updater, checksum }) => {
  it('the other tool opens our zip and agrees with our checksum', async () => {
    const cwd = aProject(updater);
    await createKey(cwd);
    await ours(cwd, ['bundle', 'zip', '--name', 'a.zip']);
    const sealed = (await ours(cwd, ['bundle', 'encrypt', 'a.zip', '--json'])).json();
    const args = ['bundle', 'decrypt', sealed.filename!, sealed.ivSessionKey!, '--checksum', sealed[checksum]!];
    const outcome = await theirs(cwd, args);
    expect([outcome.code, outcome.output]).toEqual([0, expect.any(String)]);
    expect(readFrom(cwd, `${sealed.filename}_decrypted.zip`).equals(readFrom(cwd, 'a.zip'))).toBe(true);
  });

  it('our tool opens the zip of the other and proves its checksum', async () => {
    const cwd = aProject(updater);
    await createKey(cwd);
    const zip = (
      await theirs(cwd, ['bundle', 'zip', APP_ID, '--bundle', '1.2.3', '--name', 'b.zip', '--key-v2', '--json'])
    ).json();
    const sealed = (await theirs(cwd, ['bundle', 'encrypt', 'b.zip', zip.checksum!, '--json'])).json();
    const args = [
      'bundle',
      'decrypt',
      sealed.filename!,
      sealed.ivSessionKey!,
      '--checksum',
      sealed.checksum!,
      '--json',
    ];
    expect((await ours(cwd, args)).json()).toMatchObject({ checksum: zip.checksum, verified: true });
    expect(readFrom(cwd, `${sealed.filename}_decrypted.zip`).equals(readFrom(cwd, 'b.zip'))).toBe(true);
  });

  it('the other tool opens our single files', async () => {
    const cwd = aProject(updater);
    await createKey(cwd);
    const server = await startFakeServer();
    server.apps.set(APP_ID, { app_id: APP_ID, default_upload_channel: 'dev' });
    const upload = await ours(cwd, ['bundle', 'upload', '--delta', '--json'], {
      OVERAIR_TOKEN: API_KEY,
      OVERAIR_SERVER: server.url,
    });
    expect([upload.code, upload.output]).toEqual([0, expect.any(String)]);
    const bundle = server.bundles[0] as { session_key: string; manifest: Record<string, string>[] };
    for (const [position, entry] of bundle.manifest.entries()) {
      const name = `object-${position}`;
      writeFileSync(join(cwd, name), server.blobs.get(entry.sha256!)!);
      const compressed = entry.file_name!.endsWith('.br');
      const hash = updater.startsWith('8') ? entry.file_hash! : entry.file_hash_v2!;
      // The checksum is that of the clear file, which a Brotli file becomes only one step later.
      const args = ['bundle', 'decrypt', name, bundle.session_key, ...(compressed ? [] : ['--checksum', hash])];
      expect((await theirs(cwd, args)).code).toBe(0);
      const opened = readFrom(cwd, `${name}_decrypted.zip`);
      const clear = compressed ? brotliDecompressSync(opened) : opened;
      expect(clear.equals(readFrom(cwd, join('www', entry.file_name!.replace(/\.br$/, ''))))).toBe(true);
    }
    expect(bundle.manifest).toHaveLength(3);
  });

  it('our tool opens a single file of the other', async () => {
    const cwd = aProject(updater);
    await createKey(cwd);
    writeFileSync(join(cwd, 'app.js'), readFrom(cwd, 'www/app.js'));
    const sha256 = createHash('sha256').update(readFrom(cwd, 'app.js')).digest('hex');
    const sealed = (await theirs(cwd, ['bundle', 'encrypt', 'app.js', sha256, '--json'])).json();
    const args = [
      'bundle',
      'decrypt',
      sealed.filename!,
      sealed.ivSessionKey!,
      '--checksum',
      sealed.checksum!,
      '--json',
    ];
    expect((await ours(cwd, args)).json()).toMatchObject({ checksum: sha256, verified: true });
  });
});
