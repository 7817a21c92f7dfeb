// npm run demo: a server on a temporary folder, an app with two bundles, and thirty devices that live with it.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeApp } from '../app-folder.ts';
import { freePort, type RunningServer, runCli, startServer, temporaryFolder } from '../processes.ts';
import { Device } from './device.ts';
import { openDoorway } from './doorway.ts';

const APP_ID = 'com.example.demo';
const DEVICE_COUNT = 30;

const say = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const folder = await temporaryFolder('demo');
  let server: RunningServer | undefined;
  const end = async () => {
    say('\nStopping the server and removing its folder …');
    await server?.stop();
    await folder.remove();
    process.exit(0);
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  say('Starting a server on a temporary folder …');
  const port = Number(process.env['PORT'] ?? 0) || (await freePort());
  server = await startServer({ dataDir: join(folder.path, 'data'), port, host: 'localhost', fromSource: true });
  await release(folder.path, server);
  await live(server.url);
  say(`\nThe server stays on ${server.url} and the devices go on checking. Ctrl-C ends it.`);
  say(`  The console, signed in: ${await openDoorway(server)}`);
  say(`  curl ${server.url}/app/${APP_ID} -H 'authorization: ${server.adminKey}'`);
  say(`  curl '${server.url}/device/?app_id=${APP_ID}&limit=3' -H 'authorization: ${server.adminKey}'`);
  await liveOn(server.url);
}

async function release(folder: string, { url, adminKey = '' }: RunningServer): Promise<void> {
  const home = join(folder, 'home');
  const cwd = join(folder, 'app');
  await mkdir(home, { recursive: true });
  const env = { OVERAIR_SERVER: url, OVERAIR_TOKEN: adminKey };
  const overair = async (...args: string[]) => {
    say(`$ overair ${args.join(' ')}`);
    const { code, stdout, stderr } = await runCli(args, { cwd, home, env });
    if (code !== 0) throw new Error(`overair ${args.join(' ')} failed:\n${stdout}${stderr}`);
  };
  await writeApp(cwd, { appId: APP_ID, version: '1.0.1', greeting: 'Hello' });
  await overair('app', 'add', APP_ID, '--name', 'Demo');
  await overair('channel', 'add', 'production', '--default');
  await overair('channel', 'add', 'beta', '--self-assign');
  await overair('bundle', 'upload', '--channel', 'production');
  await writeApp(cwd, { appId: APP_ID, version: '1.1.0-beta.1', greeting: 'Hello from the future' });
  await overair('bundle', 'upload', '--channel', 'beta');
}

const devices = Array.from({ length: DEVICE_COUNT }, (_, n) => new Device(APP_ID, n, n % 5 === 0 ? 'beta' : ''));

/** Every device checks, downloads, verifies and reports once. */
async function live(url: string): Promise<void> {
  say(`\n${DEVICE_COUNT} devices wake up:`);
  const outcomes = await Promise.all(devices.map((device) => device.wakeUp(url)));
  const running = Map.groupBy(devices, (device) => device.version);
  for (const [version, on] of running) say(`  ${String(on.length).padStart(2)} run ${version}`);
  const bytes = outcomes.reduce((sum, each) => sum + each.downloaded, 0);
  const events = outcomes.reduce((sum, each) => sum + each.reported, 0);
  say(`  ${bytes} bytes downloaded and verified, ${events} events acknowledged`);
}

/** A trickle of checks and reports, so that there is life to look at; until the process is stopped. */
async function liveOn(url: string): Promise<void> {
  for (let n = 0; ; n++) {
    await sleep(1_000);
    // A device that cannot reach the server tries again, as a real one does.
    await devices[n % DEVICE_COUNT]?.wakeUp(url).catch(() => {});
  }
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
