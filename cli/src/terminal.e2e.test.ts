// Prompts, progress and Ctrl-C, in a real pseudo-terminal.

import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { API_KEY, startFakeServer } from './testing/fake-server.ts';
import { APP_ID, aProject, overair } from './testing/project.ts';
import { CTRL_C, DOWN, ENTER, inTerminal } from './testing/terminal.ts';

vi.setConfig({ testTimeout: 60_000 });

async function aServer() {
  const server = await startFakeServer();
  server.apps.set(APP_ID, { app_id: APP_ID, default_upload_channel: 'dev' });
  return { server, env: { OVERAIR_TOKEN: API_KEY, OVERAIR_SERVER: server.url } };
}

describe('in a terminal', () => {
  it('login asks for what it needs, and never shows the key', async () => {
    const { server } = await aServer();
    const cwd = aProject();
    const terminal = inTerminal(cwd, ['login']);
    await terminal.waitFor('Address of your Overair server');
    terminal.type(server.url + ENTER);
    await terminal.waitFor('Paste an API key');
    terminal.type(DOWN + ENTER);
    await terminal.waitFor('API key for');
    terminal.type(API_KEY + ENTER);
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen()).toContain('Logged in');
    expect(terminal.screen()).not.toContain(API_KEY);
    expect(readFileSync(join(cwd, 'home/.overair'), 'utf8')).toContain(API_KEY);
  });

  it('a question that is answered with no changes nothing', async () => {
    const { server, env } = await aServer();
    const cwd = aProject();
    await overair(cwd, ['bundle', 'upload', '--channel', 'production'], { env });
    const terminal = inTerminal(cwd, ['bundle', 'delete', '1.2.3'], env);
    await terminal.waitFor('served by production');
    terminal.type(ENTER);
    expect(await terminal.ended).toBe(130);
    expect(server.bundles).toHaveLength(1);
  });

  it('Ctrl-C at a question ends with 130 and changes nothing', async () => {
    const cwd = aProject();
    const terminal = inTerminal(cwd, ['login']);
    await terminal.waitFor('Address of your Overair server');
    terminal.type(CTRL_C);
    expect(await terminal.ended).toBe(130);
    expect(() => statSync(join(cwd, 'home/.overair'))).toThrow('ENOENT');
  });

  it('devices log follows what a phone reports until Ctrl-C', async () => {
    const { server, env } = await aServer();
    const event = (action: string) => ({
      action,
      bundle: '1.2.3',
      occurred_at: '2026-01-02T03:04:05.000Z',
      metadata: null,
    });
    server.events.push(event('download_complete'));
    const terminal = inTerminal(aProject(), ['devices', 'log', 'a-phone'], env);
    await terminal.waitFor('download_complete');
    server.events.push(event('set_fail'));
    await terminal.waitFor('set_fail');
    terminal.type(CTRL_C);
    expect(await terminal.ended).toBe(130);
    expect(terminal.screen().match(/download_complete/g)).toHaveLength(1);
  });

  it('an upload shows its progress', async () => {
    const { env } = await aServer();
    const cwd = aProject({ 'www/video.mp4': randomBytes(9 << 20) });
    const terminal = inTerminal(cwd, ['bundle', 'upload'], env);
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen()).toMatch(/(Zipping|Uploading) [█░]{24} +\d+ %/);
  });

  it('Ctrl-C in an upload leaves no file behind and releases nothing', async () => {
    const { server, env } = await aServer();
    const scratch = aProject();
    const cwd = aProject({ 'www/video.mp4': randomBytes(9 << 20) });
    server.holdUploads();
    const before = readdirSync(scratch);
    const terminal = inTerminal(cwd, ['bundle', 'upload'], { ...env, TMPDIR: scratch });
    await terminal.waitFor('Uploading');
    terminal.type(CTRL_C);
    expect(await terminal.ended).toBe(130);
    expect(terminal.screen()).toContain('Cancelled');
    expect(readdirSync(scratch)).toEqual(before);
    expect([server.bundles, server.channels]).toEqual([[], []]);
  });
});

describe('outside a terminal', () => {
  it('an upload is quiet', async () => {
    const { env } = await aServer();
    const outcome = await overair(aProject(), ['bundle', 'upload'], { env });
    expect(outcome.stdout).not.toContain('█');
    expect(outcome.stderr).not.toContain('█');
  });
});
