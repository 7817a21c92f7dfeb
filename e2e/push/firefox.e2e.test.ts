// A real browser: Firefox subscribes on a page of ours, one group call reaches it, it shows the notification and the receipt comes back.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type RunningServer, startServer, temporaryFolder } from '../processes.ts';
import { type FakeAutopush, startFakeAutopush } from './fake-autopush.ts';
import { Owner } from './owner.ts';

const FIREFOX = process.env['FIREFOX_BIN'] ?? '/usr/bin/firefox-esr';
/** Runs in the page: what the worker shows. */
const SHOWN = `navigator.serviceWorker.ready
  .then((worker) => worker.getNotifications())
  .then((list) => list.map(({ title, body, tag }) => ({ title, body, tag })))`;
const within = { timeout: 60_000, interval: 100 };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let service: FakeAutopush;
let server: RunningServer;
let browser: Browser;

beforeAll(async () => {
  if (!existsSync(FIREFOX)) throw new Error(`No Firefox at ${FIREFOX}: install firefox-esr or set FIREFOX_BIN`);
  folder = await temporaryFolder('firefox');
  service = await startFakeAutopush();
  const env = { OVERAIR_ALLOW_PRIVATE_ADDRESSES: 'true' };
  server = await startServer({ dataDir: join(folder.path, 'data'), env });
  browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: FIREFOX,
    headless: true,
    extraPrefsFirefox: {
      'dom.push.serverURL': service.socketUrl,
      'dom.push.testing.allowInsecureServerURL': true,
      'dom.push.testing.ignorePermission': true,
      'dom.push.connection.enabled': true,
      'permissions.default.desktop-notification': 1,
      'alerts.useSystemBackend': false,
    },
  });
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await service?.close();
  await folder?.remove();
});

const textOf = (page: Page, selector: string) => page.$eval(selector, (element) => element.textContent ?? '');

test('one group call reaches Firefox, which shows it and reports back', async () => {
  const owner = new Owner(server.url, server.adminKey ?? '');
  const app = await owner.createPushApp('com.example.firefox', service.ca);
  const group = await owner.createGroup(['com.example.firefox']);

  const page = await browser.newPage();
  await page.goto(`${server.url}/overair-push-example?app_key=${app.app_key}`);
  await page.click('#subscribe');
  await vi
    .waitFor(async () => expect(await textOf(page, '#registration')).toMatch(/^[0-9a-f]{19}$/), within)
    .catch(async (cause) => {
      throw new Error(`Firefox did not subscribe: ${await textOf(page, '#log')}`, { cause });
    });
  const registration_id = await textOf(page, '#registration');

  const web = { alert: 'It works', title: 'Hello Firefox', url: 'https://example.com/' };
  const answer = await owner.push('POST', '/v4/grouppush', group.authorization, {
    to: 'all',
    body: { platform: 'web', notification: { web } },
  });
  const { msg_id } = answer[app.app_key];

  const shown = () => page.evaluate(SHOWN) as Promise<unknown>;
  await vi.waitFor(
    async () => expect(await shown()).toEqual([{ title: 'Hello Firefox', body: 'It works', tag: msg_id }]),
    within,
  );
  expect(service.acknowledged.length).toBe(1);
  expect(await textOf(page, '#log')).toContain(`received ${msg_id}`);

  const numbers = () => owner.push('GET', `/v4/status/detail?message_ids=${msg_id}`, app.authorization);
  const expected = { targets: 1, sent: 1, delivered: 1, impressions: 1 };
  await vi.waitFor(async () => expect((await numbers())[msg_id]).toMatchObject(expected), within);
  expect((await numbers())[msg_id].sub.notification.sub_web.firefox).toMatchObject(expected);
  const states = await owner.push(
    'GET',
    `/v4/status/message?message_id=${msg_id}&registration_ids=${registration_id}`,
    app.authorization,
  );
  expect(states[registration_id]).toMatchObject({ status: 'impression', channel: 'Firefox' });
});

test('leaving ends the registration on both sides', async () => {
  const [page] = (await browser.pages()).slice(-1);
  await page?.click('#leave');
  await vi.waitFor(async () => expect(await textOf(page as Page, '#registration')).toBe('none'), within);
});
