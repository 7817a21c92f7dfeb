// The main job, with real parts: the built CLI uploads, the built server answers, the published updater plugin updates.

import { spawn } from 'node:child_process';
import { constants, createDecipheriv, createHash, publicDecrypt } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../server/src/db/open.ts';
import { writeApp } from './app-folder.ts';
import { type CliResult, type RunningServer, runCli, startServer, temporaryFolder } from './processes.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: RunningServer;
let home: string;

beforeAll(async () => {
  folder = await temporaryFolder('update');
  home = join(folder.path, 'home');
  await mkdir(home);
  server = await startServer({ dataDir: join(folder.path, 'data') });
  const login = await runCli(['login', server.adminKey ?? '', '--server', server.url], { cwd: home, home });
  expect(login.code, login.stderr + login.stdout).toBe(0);
});
afterAll(async () => {
  await server?.stop();
  await folder.remove();
});

async function overair(cwd: string, ...args: string[]): Promise<CliResult> {
  const result = await runCli(args, { cwd, home });
  expect(result.code, `overair ${args.join(' ')}\n${result.stdout}${result.stderr}`).toBe(0);
  return result;
}

const overairJson = async (cwd: string, ...args: string[]) =>
  JSON.parse((await overair(cwd, ...args, '--json')).stdout);

async function newApp(appId: string, version = '1.0.1'): Promise<string> {
  const cwd = join(folder.path, appId);
  await writeApp(cwd, { appId, version, greeting: `This is ${version}` });
  await overair(cwd, 'app', 'add', appId, '--name', 'Sample');
  return cwd;
}

/** Runs the plugin once, on a disk of its own. */
async function electronDevice(appId: string, disk: string, setChannel = '') {
  await mkdir(disk, { recursive: true });
  const program = fileURLToPath(new URL('./electron-device.ts', import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env['PATH'], DEVICE_DIR: disk, SERVER: server.url, APP_ID: appId, SET_CHANNEL: setChannel },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  await once(child, 'close');
  const report = /^@@(.*)$/m.exec(output)?.[1];
  expect(report, output).toBeDefined();
  return JSON.parse(report ?? '') as { shown?: string; choice?: { status: string; error?: string } };
}

test('a bundle travels from `overair bundle upload` to the published updater plugin', async () => {
  const appId = 'com.example.plain';
  const cwd = await newApp(appId);
  await overair(cwd, 'channel', 'add', 'production', '--default');
  await overair(cwd, 'bundle', 'upload', '--channel', 'production');

  const disk = join(folder.path, 'device-plain');
  const { shown } = await electronDevice(appId, disk);
  expect(shown, 'the plugin shows the new bundle').toMatch(/index\.html$/);
  expect(await readFile(shown ?? '', 'utf8')).toContain('This is 1.0.1');

  // What the plugin reported is on record, and the device now runs the bundle.
  const api = (path: string) => fetch(`${server.url}${path}`, { headers: { authorization: server.adminKey ?? '' } });
  await expect
    .poll(async () => ((await (await api(`/device/?app_id=${appId}`)).json()) as { data: unknown }).data)
    .toMatchObject([{ platform: 'electron', version_name: '1.0.1' }]);
});

test('Electron keeps no channel that it was refused, and downloads no bundle that it cannot open', async () => {
  const appId = 'com.example.choice';
  const cwd = await newApp(appId);
  await overair(cwd, 'channel', 'add', 'production', '--default');
  await overair(cwd, 'key', 'create');
  await overair(cwd, 'bundle', 'upload', '--channel', 'production');
  const disk = join(folder.path, 'device-choice');
  const sealed = await electronDevice(appId, disk);
  expect(sealed.shown, 'nothing replaced the builtin bundle').toBeUndefined();

  await overair(cwd, 'bundle', 'upload', '--bundle', '1.0.2', '--channel', 'production', '--no-key');
  const { choice, shown } = await electronDevice(appId, disk, 'typo');
  expect(choice).toMatchObject({ status: 'error', error: 'channel_not_found' });
  // With the typo kept it would be without any channel.
  expect(shown).toMatch(/index\.html$/);

  const api = (path: string) => fetch(`${server.url}${path}`, { headers: { authorization: server.adminKey ?? '' } });
  const { data } = (await (await api(`/device/?app_id=${appId}`)).json()) as { data: { device_id: string }[] };
  const log = await api(`/device/log?app_id=${appId}&device_id=${data[0]?.device_id}`);
  const actions = ((await log.json()) as { data: { action: string }[] }).data.map(({ action }) => action);
  expect(actions).toContain('encryptionNotSupported');
  expect(actions).not.toContain('download_fail');
});

test('the encrypted path: zip, encrypt, own storage, --external; the answer decrypts with the plugin’s algorithm', async () => {
  const appId = 'com.example.secret';
  const cwd = await newApp(appId, '2.0.0');
  await overair(cwd, 'channel', 'add', 'production', '--default');
  await overair(cwd, 'key', 'create');
  const zip = await overairJson(cwd, 'bundle', 'zip');
  const sealed = await overairJson(cwd, 'bundle', 'encrypt', zip.filename, zip.checksum);

  const storage = await ownStorage(await readFile(join(cwd, sealed.filename)));
  const [checksumV2] = sealed.checksum_v2 === undefined ? [] : ['--encrypted-checksum-v2', sealed.checksum_v2];
  await overair(
    cwd,
    ...['bundle', 'upload', '--bundle', '2.0.0', '--channel', 'production', '--external', storage.url],
    ...['--iv-session-key', sealed.ivSessionKey, '--encrypted-checksum', sealed.checksum],
    ...(checksumV2 ? ['--encrypted-checksum-v2', sealed.checksum_v2] : []),
  );

  const answer = await askAsPhone(appId);
  expect(answer).toMatchObject({ version: '2.0.0', url: storage.url, session_key: sealed.ivSessionKey });
  const publicKey = (await readdir(cwd, { recursive: true })).find((name) => name.endsWith('.pub'));
  const opened = openAsPlugin(await storage.download(), answer, await readFile(join(cwd, publicKey ?? ''), 'utf8'));
  expect(createHash('sha256').update(opened.zip).digest('hex')).toBe(opened.checksum);
  expect(opened.checksum).toBe(zip.checksum);
  await storage.close();
});

test('SIGKILL between acknowledged calls loses nothing', async () => {
  const appId = 'com.example.crash';
  const dataDir = join(folder.path, 'crash-data');
  let crashing = await startServer({ dataDir });
  const { adminKey = '' } = crashing;
  const port = Number(new URL(crashing.url).port);
  const cwd = join(folder.path, appId);
  await writeApp(cwd, { appId, version: '1.2.3', greeting: 'unbroken' });
  const env = { OVERAIR_TOKEN: adminKey, OVERAIR_SERVER: crashing.url };
  const steps: [string, () => Promise<CliResult | undefined>][] = [
    ['app add', () => runCli(['app', 'add', appId, '--name', 'Crash'], { cwd, home, env })],
    ['channel add', () => runCli(['channel', 'add', 'production', '--default'], { cwd, home, env })],
    ['bundle upload', () => runCli(['bundle', 'upload', '--channel', 'production'], { cwd, home, env })],
    ['stats', () => report(crashing.url, appId, 'set')],
    ['more stats', () => report(crashing.url, appId, 'app_launch_ready')],
  ];
  for (const [name, step] of steps) {
    const ran = await step();
    if (ran) expect(ran.code, `${name}: ${ran.stdout}${ran.stderr}`).toBe(0);
    await crashing.kill();
    crashing = await startServer({ dataDir, port });
  }
  const answer = await askAsPhone(appId, crashing.url);
  expect(answer).toMatchObject({ version: '1.2.3' });
  const bytes = Buffer.from(await (await fetch(answer.url)).arrayBuffer());
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(answer.checksum);
  expect(await crashing.stop()).toBe(0);
  expect(await storedEvents(dataDir, appId)).toEqual({ set: 1, app_launch_ready: 1 });
});

const phone = (appId: string) => ({
  app_id: appId,
  device_id: '00009a6b-eefe-490a-9c60-8e965132ae51',
  platform: 'android',
  plugin_version: '8.51.14',
  version_build: '1.0.0',
  version_code: '1',
  version_os: '16',
  version_name: '1.0.0',
  is_emulator: false,
  is_prod: true,
  custom_id: '',
});

type PhoneAnswer = { version: string; url: string; checksum: string; session_key: string };

async function askAsPhone(appId: string, url = server.url): Promise<PhoneAnswer> {
  // Encrypted 2.0.0 over native 1.0.0 needs a native version that allows it.
  const question = { ...phone(appId), version_build: '2.0.0', version_name: '2.0.0-store' };
  const body = JSON.stringify(appId === 'com.example.crash' ? phone(appId) : question);
  const answer = await fetch(`${url}/updates`, { method: 'POST', body });
  expect(answer.status).toBe(200);
  return (await answer.json()) as PhoneAnswer;
}

async function report(url: string, appId: string, action: string): Promise<undefined> {
  const event = { ...phone(appId), version_name: '1.2.3', action, timestamp: Date.now() };
  const answer = await fetch(`${url}/stats`, { method: 'POST', body: JSON.stringify([event]) });
  expect(await answer.json()).toEqual({ status: 'ok', results: [{ status: 'ok', index: 0 }] });
}

/** Read from the files of the stopped server. */
async function storedEvents(dataDir: string, appId: string): Promise<Record<string, number>> {
  const database = await openDatabase({ dataDir });
  const text =
    'select action, count(*) as n from stats_events where app_id = $1 and dedupe_key is not null group by action';
  const { rows } = await database.query(text, [appId]);
  await database.close();
  return Object.fromEntries(rows.map((row) => [row['action'], row['n']]));
}

/** An https server of the owner's, as a CDN would be. */
async function ownStorage(bytes: Buffer) {
  const tls = (name: string) => readFile(new URL(`./tls/${name}`, import.meta.url));
  const [key, cert] = [await tls('localhost.key'), await tls('localhost.crt')];
  const storage = createServer({ key, cert }, (_request, response) => response.end(bytes));
  storage.listen(0, '127.0.0.1');
  await once(storage, 'listening');
  const url = `https://127.0.0.1:${(storage.address() as AddressInfo).port}/bundle.zip`;
  return {
    url,
    close: () => new Promise((resolve) => storage.close(resolve)),
    download: () =>
      new Promise<Buffer>((resolve, reject) => {
        const asking = request(url, { ca: cert }, async (answer) => resolve(Buffer.concat(await answer.toArray())));
        asking.once('error', reject).end();
      }),
  };
}

/** What the phone does to open a bundle. Source: docs/protocol/device.md §6.3. */
function openAsPlugin(cipher: Buffer, answer: PhoneAnswer, publicKey: string) {
  const open = (block: Buffer) => publicDecrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, block);
  const [iv = '', wrapped = ''] = answer.session_key.split(':');
  const decipher = createDecipheriv('aes-128-cbc', open(Buffer.from(wrapped, 'base64')), Buffer.from(iv, 'base64'));
  return {
    zip: Buffer.concat([decipher.update(cipher), decipher.final()]),
    checksum: open(Buffer.from(answer.checksum, 'hex')).toString('hex'),
  };
}
