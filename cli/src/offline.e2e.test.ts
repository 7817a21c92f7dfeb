// The commands that need no server, run as programs.

import { createPrivateKey } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { APP_ID, aProject, overair } from './testing/project.ts';

// Every test starts programs; a busy machine must not fail them.
vi.setConfig({ testTimeout: 60_000 });

const vectors = new URL('../../vectors/bundle-crypto/', import.meta.url);
const index = JSON.parse(readFileSync(new URL('vectors.json', vectors), 'utf8')) as {
  plain: { sha256: string };
  encrypted: { id: string; file: string; ivSessionKey: string; checksum: string }[];
};
const vectorFile = (path: string) => readFileSync(new URL(path, vectors));
const publicPem = vectorFile('keys/test-public.pem').toString();
const privatePem = String(
  createPrivateKey({ key: JSON.parse(vectorFile('keys/test-private.jwk.json').toString()), format: 'jwk' }).export({
    type: 'pkcs1',
    format: 'pem',
  }),
);

describe('overair', () => {
  it('prints its version', async () => {
    const { code, stdout } = await overair(aProject(), ['--version']);
    expect([code, stdout]).toEqual([
      0,
      `${(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version}\n`,
    ]);
  });

  it.each([
    ['an unknown flag', ['bundle', 'zip', '--nope']],
    ['an unknown command', ['bundle', 'frobnicate']],
    ['a bad choice', ['channel', 'set', 'x', '--state', 'odd']],
  ])('answers %s with one JSON document and exit code 1', async (_what, args) => {
    const outcome = await overair(aProject(), [...args, '--json']);
    expect(outcome.code).toBe(1);
    expect(outcome.json().error).toBe('usage');
  });
});

describe('overair bundle zip', () => {
  it('gives the same bytes in every time zone', async () => {
    const cwd = aProject();
    const first = await overair(cwd, ['bundle', 'zip', '--json'], { env: { TZ: 'Asia/Tokyo' } });
    expect(first.json()).toMatchObject({ bundle: '1.2.3', filename: `${APP_ID}_1.2.3.zip`, files: 2 });
    const second = await overair(cwd, ['bundle', 'zip', '--json', '--name', 'b.zip'], { env: { TZ: 'America/Lima' } });
    expect(readFileSync(join(cwd, 'b.zip')).equals(readFileSync(join(cwd, `${APP_ID}_1.2.3.zip`)))).toBe(true);
    expect(second.json().checksum).toBe(first.json().checksum);
  });

  it.each([
    ['index_html_not_found', { 'capacitor.config.json': `{"appId":"${APP_ID}","webDir":"www/assets"}` }, []],
    ['notifyAppReady_not_in_source_code', { 'www/assets/app.js': '' }, []],
    ['invalid_semver', {}, ['--bundle', 'v1']],
    ['web_folder_not_found', {}, ['--path', 'nope']],
    ['missing_argument', { 'package.json': '{}' }, []],
    ['invalid_app_id', { 'capacitor.config.json': '{"appId":"tiny","webDir":"www"}' }, []],
    ['invalid_config', { 'capacitor.config.json': '{"appId":' }, []],
  ])('refuses with %s', async (error, files, args) => {
    const outcome = await overair(aProject(files), ['bundle', 'zip', '--json', ...args]);
    expect(outcome.code).toBe(1);
    expect(outcome.json().error).toBe(error);
  });

  it('says why a config cannot be run, instead of "no app id"', async () => {
    const cwd = aProject({
      'capacitor.config.ts': `throw new Error('run');\nexport default { appId: '${APP_ID}' };`,
    });
    const outcome = await overair(cwd, ['bundle', 'zip', '--json']);
    expect([outcome.code, outcome.json().error]).toEqual([1, 'config_run_failed']);
    expect(outcome.json().message).toContain('run (capacitor.config.ts:1)');
  });
});

describe('overair key create', () => {
  it('keeps the private key to its owner, hides it from git, and puts the public key into the config', async () => {
    const cwd = aProject({ '.git/HEAD': '', '.gitignore': 'dist' });
    const outcome = await overair(cwd, ['key', 'create', '--json']);
    expect(outcome.code).toBe(0);
    expect(statSync(join(cwd, '.overair_key')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(cwd, '.gitignore'), 'utf8')).toBe('dist\n.overair_key\n');
    const config = JSON.parse(readFileSync(join(cwd, 'capacitor.config.json'), 'utf8'));
    expect(config.plugins.CapacitorUpdater.publicKey).toBe(readFileSync(join(cwd, '.overair_key.pub'), 'utf8'));
    expect(config.plugins.CapacitorUpdater.publicKey).toMatch(/^-----BEGIN RSA PUBLIC KEY-----\n/);
    expect(outcome.json().key_id).toMatch(/^MIIBCgKCAQEA.{8}$/);
  });

  it('replaces a key only when told', async () => {
    const cwd = aProject({ '.overair_key': 'precious' });
    const refused = await overair(cwd, ['key', 'create', '--json']);
    expect([refused.code, refused.json().error]).toEqual([1, 'key_exists']);
    expect(readFileSync(join(cwd, '.overair_key'), 'utf8')).toBe('precious');
    expect((await overair(cwd, ['key', 'create', '--force'])).code).toBe(0);
    expect(readFileSync(join(cwd, '.overair_key'), 'utf8')).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
  });

  it('protects the key by a passphrase', async () => {
    const cwd = aProject();
    const env = { OVERAIR_KEY_PASSPHRASE: 'correct horse' };
    await overair(cwd, ['key', 'create', '--passphrase'], { env });
    await overair(cwd, ['bundle', 'zip', '--name', 'a.zip']);
    const locked = await overair(cwd, ['bundle', 'encrypt', 'a.zip', '--json']);
    expect([locked.code, locked.json().error]).toEqual([1, 'needs_answer']);
    const wrong = await overair(cwd, ['bundle', 'encrypt', 'a.zip', '--json'], {
      env: { OVERAIR_KEY_PASSPHRASE: 'no' },
    });
    expect([wrong.code, wrong.json().error]).toEqual([1, 'invalid_private_key']);
    expect((await overair(cwd, ['bundle', 'encrypt', 'a.zip', '--json'], { env })).code).toBe(0);
  });
});

describe('overair key create --keychain', () => {
  // Stands for the tool of the operating system: keeps what it reads beside itself, and never lists it among its arguments.
  const tool = (name: string) => `#!/bin/sh
dir=$(dirname "$0")
echo "$@" >> "$dir/calls"
case "$1" in
  lookup|find-generic-password) cat "$dir/kept" ;;
  *) head -n 1 > "$dir/kept" ;;
esac
# ${name}
`;

  async function aProjectWithKeychain() {
    const cwd = aProject({ 'tools/secret-tool': tool('secret-tool'), 'tools/security': tool('security') });
    for (const name of ['secret-tool', 'security']) chmodSync(join(cwd, 'tools', name), 0o755);
    return { cwd, env: { PATH: `${join(cwd, 'tools')}:${process.env.PATH}` } };
  }

  it('opens the key with the passphrase that the keychain holds', async () => {
    const { cwd, env } = await aProjectWithKeychain();
    const created = await overair(cwd, ['key', 'create', '--keychain', '--json'], {
      env: { ...env, OVERAIR_KEY_PASSPHRASE: 'correct horse' },
    });
    expect(created.code).toBe(0);
    expect(readFileSync(join(cwd, '.overair_key'), 'utf8')).toContain('ENCRYPTED');
    expect(readFileSync(join(cwd, 'tools/calls'), 'utf8')).not.toContain('correct horse');
    expect((await overair(cwd, ['key', 'verify', '--json'], { env })).json()).toMatchObject({ verified: true });
  });

  it('makes no key when there is no keychain', async () => {
    const cwd = aProject();
    const outcome = await overair(cwd, ['key', 'create', '--keychain', '--json'], {
      env: { PATH: '/nowhere', OVERAIR_KEY_PASSPHRASE: 'x' },
    });
    expect([outcome.code, outcome.json().error]).toEqual([1, 'no_keychain']);
    expect(() => statSync(join(cwd, '.overair_key'))).toThrow('ENOENT');
  });
});

describe('overair bundle encrypt and decrypt', () => {
  it('give back the zip, proven by either checksum', async () => {
    const cwd = aProject();
    await overair(cwd, ['key', 'create']);
    const zip = (await overair(cwd, ['bundle', 'zip', '--name', 'a.zip', '--json'])).json<{ checksum: string }>();
    const sealed = (await overair(cwd, ['bundle', 'encrypt', 'a.zip', zip.checksum, '--json'])).json<
      Record<string, string>
    >();
    expect(sealed).toMatchObject({
      filename: 'a.zip_encrypted.zip',
      checksum: expect.stringMatching(/^[0-9a-f]{512}$/),
      ivSessionKey: expect.stringMatching(/^.{24}:.{344}$/),
    });
    for (const checksum of [sealed.checksum!, sealed.checksum_v2!, zip.checksum]) {
      const args = ['bundle', 'decrypt', 'a.zip_encrypted.zip', sealed.ivSessionKey!, '--checksum', checksum, '--json'];
      expect((await overair(cwd, args)).json()).toMatchObject({ checksum: zip.checksum, verified: true });
    }
    expect(readFileSync(join(cwd, 'a.zip_encrypted.zip_decrypted.zip')).equals(readFileSync(join(cwd, 'a.zip')))).toBe(
      true,
    );
  });

  it.each(index.encrypted)('decrypt what the other tool encrypted ($id)', async ({ file, ivSessionKey, checksum }) => {
    const cwd = aProject({ 'a.zip': vectorFile(file), '.capgo_key_v2.pub': publicPem });
    const outcome = await overair(cwd, ['bundle', 'decrypt', 'a.zip', ivSessionKey, '--checksum', checksum, '--json']);
    expect(outcome.json()).toMatchObject({ checksum: index.plain.sha256, verified: true });
    expect(readFileSync(join(cwd, 'a.zip_decrypted.zip')).equals(vectorFile('plain/bundle.zip'))).toBe(true);
  });

  it('leave no file when the checksum differs', async () => {
    const [v3, v2] = index.encrypted;
    const cwd = aProject({ 'a.zip': vectorFile(v3!.file), 'pub.pem': publicPem });
    const other = 'f'.repeat(64);
    const args = ['bundle', 'decrypt', 'a.zip', v3!.ivSessionKey, '--key', 'pub.pem', '--checksum', other, '--json'];
    expect((await overair(cwd, args)).json().error).toBe('checksum_mismatch');
    expect(() => statSync(join(cwd, 'a.zip_decrypted.zip'))).toThrow('ENOENT');
    const foreign = ['bundle', 'decrypt', 'a.zip', v2!.ivSessionKey, '--key', 'pub.pem', '--json'];
    expect((await overair(cwd, foreign)).code).toBe(1);
  });

  it('refuse a checksum that is not that of the zip', async () => {
    const cwd = aProject({ '.capgo_key_v2': privatePem });
    await overair(cwd, ['bundle', 'zip', '--name', 'a.zip']);
    const outcome = await overair(cwd, ['bundle', 'encrypt', 'a.zip', 'f'.repeat(64), '--json']);
    expect([outcome.code, outcome.json().error]).toEqual([1, 'checksum_mismatch']);
  });

  it('refuse a private key that is not the one of the app', async () => {
    const cwd = aProject();
    await overair(cwd, ['key', 'create']);
    writeFileSync(join(cwd, '.overair_key'), privatePem);
    await overair(cwd, ['bundle', 'zip', '--name', 'a.zip']);
    const outcome = await overair(cwd, ['bundle', 'encrypt', 'a.zip', '--json']);
    expect([outcome.code, outcome.json().error]).toEqual([1, 'key_mismatch']);
  });

  it('take the key from a CI variable with escaped line ends', async () => {
    const cwd = aProject({ 'a.zip': 'not looked into' });
    const env = { OVERAIR_PRIVATE_KEY: privatePem.replaceAll('\n', '\\n') };
    const outcome = await overair(cwd, ['bundle', 'encrypt', 'a.zip', '--json'], { env });
    expect(outcome.json()).toMatchObject({
      key_id: 'MIIBCgKCAQEAnMFKcdRG',
      warnings: [expect.stringContaining('no publicKey')],
    });
  });
});
