// `overair init` against a stand-in server: it looks at the state that is reached, shows what it changes, and never loops.

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { API_KEY, type FakeServer, startFakeServer } from '../testing/fake-server.ts';
import { aLoggedInProject } from '../testing/logged-in-project.ts';
import { APP_ID, aProject, overair } from '../testing/project.ts';
import { CTRL_C, ENTER, inTerminal } from '../testing/terminal.ts';

// Every test starts programs; a busy machine must not fail them.
vi.setConfig({ testTimeout: 120_000 });

interface Report {
  channel: string;
  config_edited: boolean;
  changed: boolean;
  signed: boolean;
  bundle: string | null;
  steps: { step: string; state: string; message: string; paste?: string }[];
  next: string[];
  warnings?: string[];
}

const SWITCH = `let config: any;
const shared = { appId: '${APP_ID}', appName: 'Hand', webDir: 'www', plugins: { CapacitorUpdater: UPDATER } };
switch (process.env.STAGE) {
  default:
    config = { ...shared };
}
export default config;
`;

const addressesOf = ({ url }: FakeServer) => ({
  updateUrl: `${url}/updates`,
  statsUrl: `${url}/stats`,
  channelUrl: `${url}/channel_self`,
});

const withUpdater = (updater: object) => SWITCH.replace('UPDATER', JSON.stringify(updater));
const stateOf = (report: Report) => Object.fromEntries(report.steps.map(({ step, state }) => [step, state]));

function filesOf(cwd: string): Record<string, string> {
  const entries = readdirSync(cwd, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((path) => !path.startsWith(join(cwd, 'home/.cache')))
      .map((path) => [path, readFileSync(path, 'utf8')]),
  );
}

describe('overair init', () => {
  it('makes the named channel the one that uploads go to, and keeps it when none is named', async () => {
    const { server, run } = await aLoggedInProject({ 'src/main.ts': '' });
    const first = (await run(['init', '--yes', '--no-sign', '--channel', 'beta'])).json<Report>();
    expect([first.channel, server.apps.get(APP_ID)?.default_upload_channel]).toEqual(['beta', 'beta']);
    const second = (await run(['init', '--yes', '--no-sign'])).json<Report>();
    expect([second.channel, second.changed]).toEqual(['beta', false]);
    await run(['bundle', 'upload']);
    expect(server.channels).toMatchObject([{ name: 'beta', public: true, version: { name: '1.2.3' } }]);
  });

  it('leaves the channel that new phones follow, and says which it is', async () => {
    const { server, run } = await aLoggedInProject({ 'src/main.ts': '' });
    await run(['channel', 'add', 'production', '--default']);
    const report = (await run(['init', '--yes', '--no-sign', '--channel', 'beta'])).json<Report>();
    expect([stateOf(report).channel, server.apps.get(APP_ID)?.default_upload_channel]).toEqual(['changed', 'beta']);
    expect(report.warnings!.join()).toContain('New phones follow production, not beta');
    expect(server.channels.filter((row) => row.public)).toMatchObject([{ name: 'production' }]);
  });

  it('changes nothing the second time, and says so', async () => {
    const { cwd, run } = await aLoggedInProject({
      '.git/HEAD': '',
      'src/main.ts': 'run();\n',
      'node_modules/@capgo/capacitor-updater/package.json': '{"version":"8.51.23"}',
    });
    expect((await run(['init', '--yes', '--sign', '--upload'])).json<Report>()).toMatchObject({ changed: true });
    const before = filesOf(cwd);
    const second = (await run(['init', '--yes', '--sign'])).json<Report>();
    expect(filesOf(cwd)).toEqual(before);
    expect([second.changed, new Set(Object.values(stateOf(second)))]).toEqual([false, new Set(['unchanged'])]);
    expect((await run(['init', '--yes'])).code).toBe(0);
  });

  it('goes on past a config that it cannot edit, names every line, and is content when they are there', async () => {
    const { server, cwd, run } = await aLoggedInProject({
      'capacitor.config.ts': withUpdater({}),
      'src/main.ts': 'start();\n',
    });
    const first = await run(['init', '--yes', '--no-sign', '--upload']);
    const report = first.json<Report>();
    expect([first.code, report.bundle, report.config_edited]).toEqual([0, '1.0.0', false]);
    expect(stateOf(report)).toMatchObject({ config: 'todo', start_call: 'changed', bundle: 'changed' });
    const said = report.warnings!.join('\n');
    for (const [key, url] of Object.entries(addressesOf(server))) expect(said).toContain(`    ${key}: "${url}"`);
    expect(readFileSync(join(cwd, 'capacitor.config.ts'), 'utf8')).toBe(withUpdater({}));
    writeFileSync(join(cwd, 'capacitor.config.ts'), withUpdater(addressesOf(server)));
    const second = (await run(['init', '--yes', '--no-sign'])).json<Report>();
    expect([second.changed, stateOf(second).config]).toEqual([false, 'unchanged']);
  });

  it('completes a key that was made, but is not in the config', async () => {
    const { cwd, run } = await aLoggedInProject({ 'src/main.ts': '' });
    await run(['key', 'create']);
    writeFileSync(join(cwd, 'capacitor.config.json'), JSON.stringify({ appId: APP_ID, webDir: 'www' }));
    const report = (await run(['init', '--yes'])).json<Report>();
    expect(stateOf(report)).toMatchObject({ key: 'unchanged', config: 'changed' });
    expect((await run(['key', 'verify'])).code).toBe(0);
  });

  it('shows every change of a file, also with --yes', async () => {
    const { server, cwd } = await aLoggedInProject({ '.git/HEAD': '', 'src/main.ts': 'run();\n' });
    const env = { OVERAIR_TOKEN: API_KEY, OVERAIR_SERVER: server.url };
    const { stdout } = await overair(cwd, ['init', '--yes', '--sign', '--no-upload'], { env });
    const shown = ['.gitignore new\n+ .overair_key', '.overair_key new', '.overair_key.pub new'];
    shown.push(
      `+       "updateUrl": "${server.url}/updates"`,
      '+       "publicKey": ',
      '+ CapacitorUpdater.notifyAppReady();',
    );
    for (const text of shown) expect(stdout).toContain(text);
    expect(stdout.match(/^\d\/8 .+$/gm)).toHaveLength(8);
  });

  it('warns of addresses that a phone cannot use', async () => {
    const live = { appId: APP_ID, webDir: 'www', server: { url: 'http://10.0.0.2:5173' } };
    const { run } = await aLoggedInProject({ 'capacitor.config.json': JSON.stringify(live), 'src/main.ts': '' });
    const said = (await run(['init', '--yes', '--no-sign'])).json<Report>().warnings!.join('\n');
    expect(said).toContain('names 127.0.0.1: on a phone that is the phone itself');
    expect(said).toContain('server.url is http://10.0.0.2:5173: the app loads that address and never runs a bundle');
  });

  it('uploads no bundle that each phone would roll back', async () => {
    const { server, run } = await aLoggedInProject({ 'www/assets/app.js': 'start()', 'src/main.ts': '' });
    const report = (await run(['init', '--yes', '--no-sign', '--upload'])).json<Report>();
    expect([stateOf(report).bundle, server.bundles]).toEqual(['todo', []]);
  });

  it('ends with a command that works', async () => {
    const { server, cwd } = await aLoggedInProject({
      'src/main.ts': '',
      'node_modules/@capgo/capacitor-updater/package.json': '{"version":"8.51.23"}',
    });
    const env = { OVERAIR_TOKEN: API_KEY, OVERAIR_SERVER: server.url };
    const { stdout } = await overair(cwd, ['init', '--yes', '--sign', '--upload'], { env });
    const last = stdout.trimEnd().split('\n').at(-1)!;
    const { PATH = '' } = process.env;
    await promisify(execFile)('/bin/sh', ['-c', last], { cwd, env: { PATH, HOME: join(cwd, 'home'), ...env } });
    expect(last).toMatch(/ doctor$/);
  });

  it('Ctrl-C half-way leaves nothing half-written, and the next run goes on', async () => {
    const server = await startFakeServer();
    const env = { OVERAIR_TOKEN: API_KEY, OVERAIR_SERVER: server.url };
    const cwd = aProject({ 'src/main.ts': 'run();\n' });
    const terminal = inTerminal(cwd, ['init', '--sign', '--no-upload'], env);
    await terminal.waitFor('Make these files?');
    terminal.type(ENTER);
    await terminal.waitFor('Change capacitor.config.json like this?');
    const before = filesOf(cwd);
    terminal.type(CTRL_C);
    expect(await terminal.ended).toBe(130);
    expect(terminal.screen()).toContain('overair init goes on from there');
    expect(filesOf(cwd)).toEqual(before);
    const next = await overair(cwd, ['init', '--yes', '--json', '--no-upload'], { env });
    expect(stateOf(next.json<Report>())).toMatchObject({ app: 'unchanged', key: 'unchanged', config: 'changed' });
  });
});
