// A second person: invited from the command line, joins in a real browser, works with the key from the page.

import { existsSync } from 'node:fs';
import puppeteer, { type Browser } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, startServer, temporaryFolder } from '../processes.ts';
import { aProject, ours } from './programs.ts';

const FIREFOX = process.env['FIREFOX_BIN'] ?? '/usr/bin/firefox-esr';
const UPDATER = '8.51.23';

let server: RunningServer;
let data: Awaited<ReturnType<typeof temporaryFolder>>;
let browser: Browser;

beforeAll(async () => {
  if (!existsSync(FIREFOX)) throw new Error(`No Firefox at ${FIREFOX}: install firefox-esr or set FIREFOX_BIN`);
  data = await temporaryFolder('invitation');
  server = await startServer({ dataDir: data.path, fromSource: true });
  browser = await puppeteer.launch({ browser: 'firefox', executablePath: FIREFOX, headless: true });
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await data?.remove();
});

const cli = (args: string[], key: string) =>
  ours(aProject(UPDATER), [...args, '--json'], { OVERAIR_SERVER: server.url, OVERAIR_TOKEN: key });

test('from the invitation to a second organization', async () => {
  const owner = server.adminKey!;
  const invited = await cli(['organization', 'invite', 'ann@example.com', '--role', 'super_admin'], owner);
  const { invite_link } = invited.json<{ data: { invite_link: string } }>().data;

  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && problems.push(message.text())));
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(invite_link);
  expect(await page.$eval('#org', (element) => element.textContent)).toBe('My organization');
  await Promise.all([page.waitForNavigation(), page.click('#accept')]);
  const key = await page.$eval('#key', (element) => element.textContent ?? '');
  const command = await page.$eval('#command', (element) => element.textContent ?? '');
  expect(command).toBe(`overair login --server ${server.url}`);
  expect(page.url()).not.toContain('token');
  expect(problems).toEqual([]);

  expect((await cli(['app', 'add', 'com.example.ann', '--name', 'Ann'], key)).code).toBe(0);
  expect((await cli(['apikey', 'create', 'ci'], key)).json()).toMatchObject({ mode: 'upload' });
  const { id } = (await cli(['organization', 'add', 'Second one'], owner)).json<{ id: string }>();
  await cli(['organization', 'invite', 'ann@example.com', '--role', 'write', '--org', id], owner);
  expect((await cli(['organization', 'invitations'], key)).json()).toMatchObject([{ org_id: id, name: 'Second one' }]);
  expect((await cli(['organization', 'accept'], key)).json()).toEqual({
    org_id: id,
    name: 'Second one',
    role: 'write',
  });
  expect((await cli(['organization', 'accept'], key)).json()).toMatchObject({ error: 'no_invitation' });

  await page.goto(invite_link);
  expect(await page.$eval('#error', (element) => element.textContent)).toContain('overair organization accept');
});
