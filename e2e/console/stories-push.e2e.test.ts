// The story of a push in the console: a group of apps, the number before, the funnel after. In a real Chromium on a built server.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser } from './browser.ts';
import { openPushServices, type PushServices } from './push-devices.ts';
import { signIn } from './sign-in.ts';
import { button, heading, openPatiently, STORY_MS } from './steps.ts';
import { openWorld, type World } from './world.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

const open = (server: string) => openPatiently(browser, server);

describe('push', () => {
  const apps = ['com.example.news', 'com.example.radio'] as const;
  let world: World;
  let services: PushServices;
  beforeAll(async () => {
    world = await openWorld();
    services = await openPushServices(world);
  });
  afterAll(async () => {
    await services?.close();
    await world?.close();
  });

  test('who will see what, and did it arrive? A push to a group of apps, and its funnel', {
    timeout: STORY_MS,
  }, async () => {
    const [news, radio] = apps;
    for (const app_id of apps) await world.client.apps.create({ app_id, name: app_id, owner_org: world.orgId });
    const keys = [await services.setUp(news), await services.setUp(radio)];
    const reader = await services.addPhone(keys[0] ?? '');
    await services.addPhone(keys[0] ?? '');
    await services.refuse(keys[0] ?? '');
    await services.addPhone(keys[1] ?? '');
    const { page, context, faults } = await open(world.server.url);
    await signIn(page);
    await page.goto(`/ui/org/${world.orgId}/groups`);
    await button(page, 'New group…').click();
    const sheet = page.getByRole('dialog');
    await sheet.getByLabel('Name').fill('The press');
    for (const app_id of apps) await sheet.getByLabel(app_id).check();
    await button(page, 'Make the group').click();
    await heading(page, 'The group is made').waitFor();
    const secret = (await sheet.locator('pre').last().textContent()) ?? '';
    expect(secret).toMatch(/^[0-9a-f]{24}$/);
    await button(page, 'I have kept it').click();
    expect(await page.content(), 'the secret is gone').not.toContain(secret);

    await page.getByRole('link', { name: 'Write to The press' }).click();
    await heading(page, 'A push to The press').waitFor();
    await page.getByText('It reaches 4 devices now').waitFor();
    await page.getByLabel('Title').fill('Strike');
    await page.getByLabel('Text', { exact: true }).fill('No trains on Friday');
    await button(page, 'Review and send…').click();
    await sheet.getByText('4 devices in 2 apps of The press get it now.').waitFor();
    await sheet.getByText('The same in a terminal').click();
    expect(await sheet.locator('pre').first().textContent()).toContain('overair push-group send');
    expect(await sheet.locator('pre').last().textContent()).toContain('/push/group/send');
    await button(page, 'Send to 4 devices').click();

    await heading(page, 'Strike').waitFor();
    await page.getByText('Sent to 2 devices of 3; 1 failed.').waitFor();
    await page.getByText('Requested entity was not found').waitFor();
    const [sent] = await world.client.push.messages({ app_id: news });
    await services.report(keys[0] ?? '', reader, sent?.msg_id ?? '', 'received', 'displayed', 'clicked');
    const row = (name: string) => page.getByRole('listitem').filter({ hasText: name });
    await row('Clicked').filter({ hasText: '133%' }).waitFor();
    await row('Sent').filter({ hasText: '267%' }).waitFor();
    await page.getByRole('row').filter({ hasText: radio }).waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });
});
