// `overair login` without a key: the CLI in a real terminal, the approval in a real browser, the server between them.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CTRL_C, ENTER, inTerminal, type Terminal } from '../../cli/src/testing/terminal.ts';
import { type RunningServer, startServer, temporaryFolder } from '../processes.ts';
import { aProject, ours } from './programs.ts';

const FIREFOX = process.env['FIREFOX_BIN'] ?? '/usr/bin/firefox-esr';
const UPDATER = '8.51.23';
const within = { timeout: 30_000, interval: 50 };

let server: RunningServer;
let data: Awaited<ReturnType<typeof temporaryFolder>>;
let browser: Browser;

beforeAll(async () => {
  if (!existsSync(FIREFOX)) throw new Error(`No Firefox at ${FIREFOX}: install firefox-esr or set FIREFOX_BIN`);
  data = await temporaryFolder('connect');
  server = await startServer({ dataDir: data.path, fromSource: true });
  browser = await puppeteer.launch({ browser: 'firefox', executablePath: FIREFOX, headless: true });
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await data?.remove();
});

/** A terminal whose `BROWSER` notes the address instead of opening it. */
function aTerminal(args: string[]) {
  const cwd = aProject(UPDATER, { 'home/.keep': '' });
  const noted = join(cwd, 'opened');
  const BROWSER = join(cwd, 'browser');
  writeFileSync(BROWSER, `#!/bin/sh\nprintf %s "$1" > '${noted}'\n`, { mode: 0o755 });
  const terminal = inTerminal(cwd, args, { OVERAIR_SERVER: server.url, BROWSER });
  const login = () =>
    JSON.parse(readFileSync(join(cwd, 'home/.overair'), 'utf8')) as { server: string; apikey: string };
  return { cwd, terminal, noted, loginFile: join(cwd, 'home/.overair'), login };
}

async function addressIn(terminal: Terminal): Promise<string> {
  await terminal.waitFor('Waiting');
  return /http:\S+user_code=[A-Z]{4}-[A-Z]{4}/.exec(terminal.screen())![0];
}

/** The page, after the owner has given a key and sees who asks. */
async function openRequest(url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url);
  await page.type('#key', server.adminKey!);
  await page.click('#find button');
  await page.waitForSelector('#decide:not([hidden])');
  return page;
}

const textOf = (page: Page, selector: string) => page.$eval(selector, (element) => element.textContent ?? '');

test('the owner approves in Firefox, and the terminal is logged in', async () => {
  const { cwd, terminal, noted, login } = aTerminal(['login']);
  await terminal.waitFor('Approve in the browser');
  terminal.type(ENTER);
  const url = await addressIn(terminal);
  await vi.waitFor(() => expect(readFileSync(noted, 'utf8')).toBe(url), within);

  const page = await openRequest(url);
  expect(await textOf(page, '#client_name')).toContain('overair on ');
  expect(await textOf(page, '#client_ip')).toBe('127.0.0.1');
  expect(await textOf(page, '#wanted')).toBe('manage apps, channels, devices and bundles; all apps');
  await page.select('#mode', 'upload');
  await page.select('#days', '30');
  await page.click('#approve');
  await vi.waitFor(async () => expect(await textOf(page, '#done')).toContain('Approved'), within);
  expect(await page.$eval('#key', (input) => (input as { value: string }).value)).toBe('');
  expect(page.url()).not.toContain(server.adminKey);

  expect(await terminal.ended).toBe(0);
  expect(terminal.screen()).toContain('Logged in to');
  expect(login().server).toBe(server.url);
  expect(terminal.screen()).not.toContain(login().apikey);
  const keys = await ours(cwd, ['apikey', 'list', '--json'], {
    OVERAIR_SERVER: server.url,
    OVERAIR_TOKEN: server.adminKey!,
  });
  expect(keys.json<{ name: string }[]>()).toContainEqual(
    expect.objectContaining({
      name: expect.stringMatching(/^overair on /),
      mode: 'upload',
      expires_at: expect.any(String),
    }),
  );
});

test('the owner denies, and the terminal says so', async () => {
  const { terminal, loginFile } = aTerminal(['login', '--browser', '--json']);
  const page = await openRequest(await addressIn(terminal));
  await page.click('#deny');
  await vi.waitFor(async () => expect(await textOf(page, '#done')).toContain('Denied'), within);
  expect(await terminal.ended).toBe(1);
  expect(terminal.screen()).toContain('"error": "access_denied"');
  expect(existsSync(loginFile)).toBe(false);
});

test('a wrong code, or a key that makes no keys, is told on the page', async () => {
  const page = await browser.newPage();
  await page.goto(`${server.url}/connect?user_code=BBBB-BBBB`);
  await page.type('#key', server.adminKey!);
  await page.click('#find button');
  await vi.waitFor(async () => expect(await textOf(page, '#error')).toContain('No program waits'), within);
  await page.type('#key', 'x');
  await page.click('#find button');
  await vi.waitFor(async () => expect(await textOf(page, '#error')).toBe('Invalid apikey'), within);
});

test('init signs in the same way', async () => {
  const { terminal } = aTerminal(['init', '--browser', '--no-sign', '--no-upload', '--yes']);
  const page = await openRequest(await addressIn(terminal));
  await page.click('#approve');
  expect(await terminal.ended).toBe(0);
  expect(terminal.screen()).toContain('is registered');
});

test('Ctrl-C while waiting leaves nothing', async () => {
  const { terminal, loginFile } = aTerminal(['login', '--browser']);
  await addressIn(terminal);
  terminal.type(CTRL_C);
  expect(await terminal.ended).toBe(130);
  expect(existsSync(loginFile)).toBe(false);
});

test.each([{}, { CI: 'true' }])('without a terminal it refuses at once, and names the flag', async (env) => {
  const cwd = aProject(UPDATER);
  const outcome = await ours(cwd, ['login', '--browser', '--json'], { OVERAIR_SERVER: server.url, ...env });
  expect(outcome.code).toBe(1);
  expect(outcome.json()).toMatchObject({ error: 'needs_answer', hint: 'Pass --apikey <key>, or set OVERAIR_TOKEN.' });
});
