// Stories of the console about people, programs, uploads and live events, in a real Chromium on a built server.

import { createClient } from '@overair/protocol/client';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeZip } from '../../server/src/testing/zip-maker.ts';
import { openBrowser } from './browser.ts';
import { signIn } from './sign-in.ts';
import { button, heading, openPatiently, STORY_MS } from './steps.ts';
import { openWorld, Phone, type World } from './world.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

const open = (server: string) => openPatiently(browser, server);

describe('people and programs', () => {
  const app_id = 'com.example.programs';
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    await world.client.apps.create({ app_id, name: 'Programs', owner_org: world.orgId });
  });
  afterAll(() => world?.close());

  test('which program may do what? A key is made, shown once, used, and revoked', { timeout: STORY_MS }, async () => {
    const { page, context, faults } = await open(world.server.url);
    await signIn(page);
    await page.goto(`/ui/org/${world.orgId}/keys`);
    await button(page, 'New key…').click();
    const sheet = page.getByRole('dialog');
    await sheet.getByLabel('Name').fill('nightly');
    await sheet.getByLabel('Programs').check();
    await button(page, 'Make the key').click();
    await heading(page, 'The key nightly').waitFor();
    const key = (await sheet.locator('pre').textContent()) ?? '';
    await button(page, 'I have kept it').click();
    expect(await page.content(), 'the key is gone').not.toContain(key);

    const client = createClient({ server: world.server.url, apiKey: key });
    expect((await client.apps.list()).map((app) => app.app_id)).toEqual([app_id]);
    await page.getByRole('row').filter({ hasText: 'nightly' }).getByText('only in com.example.programs').waitFor();
    await button(page, 'Revoke nightly').click();
    await sheet.getByText('overair apikey delete').waitFor({ state: 'attached' });
    await button(page, 'Revoke nightly').last().click();
    await page.getByText('nightly is revoked.').waitFor();
    await expect(client.apps.list()).rejects.toMatchObject({ status: 401 });
    expect(faults).toEqual([]);
    await context.close();
  });

  test('who may do what? A colleague is invited, joins by the link, and works', { timeout: STORY_MS }, async () => {
    const owner = await open(world.server.url);
    await signIn(owner.page);
    await owner.page.goto(`/ui/org/${world.orgId}/members`);
    await button(owner.page, 'Invite…').click();
    const sheet = owner.page.getByRole('dialog');
    await sheet.getByLabel('E-mail address').fill('carla@example.com');
    await sheet.getByLabel('Right').selectOption('upload');
    await button(owner.page, 'Invite').click();
    await heading(owner.page, 'Hand this link to carla@example.com').waitFor();
    const link = (await sheet.locator('pre').textContent()) ?? '';
    await button(owner.page, 'I have kept it').click();

    const carla = await open(world.server.url);
    await carla.page.goto(link);
    await carla.page.locator('input[name=password]').fill('a long enough password');
    await button(carla.page, 'Accept and sign in').click();
    await heading(carla.page, 'All apps').waitFor();
    await carla.page.goto(`/ui/org/${world.orgId}/members`);
    // What she may not do is there, and says why.
    await button(carla.page, 'Invite…')
      .getAttribute('title')
      .then((why) => expect(why).toContain('“admin”'));
    expect([...owner.faults, ...carla.faults]).toEqual([]);
    await Promise.all([owner.context.close(), carla.context.close()]);
  });

  test('what exists? A zip is dropped and becomes a bundle', { timeout: STORY_MS }, async () => {
    const { page, context, faults } = await open(world.server.url);
    await signIn(page);
    await page.goto(`/ui/app/${app_id}/bundles`);
    const zip = makeZip([{ name: 'index.html', content: '<!doctype html><p>Hello' }]);
    await page.getByText('Drop the zip of your web folder').waitFor();
    await page.evaluate(dropping('web.zip', zip.toString('base64')));
    await page.getByText('web.zip').waitFor();
    await page.getByLabel('Version').fill('3.0.0');
    await button(page, 'Upload it').click();
    await page.getByText('3.0.0 is here, and no phone gets it before it is on a channel.').waitFor();
    await page.getByRole('row').filter({ hasText: '3.0.0' }).getByText('no channel').waitFor();
    expect(await world.client.bundles.list({ app_id })).toMatchObject([{ name: '3.0.0', size: zip.length }]);

    await page.evaluate(dropping('broken.zip', Buffer.from('this is no zip').toString('base64')));
    await button(page, 'Upload it').click();
    await page.getByRole('alert').filter({ hasText: /zip/i }).waitFor();
    expect(await world.client.bundles.list({ app_id })).toHaveLength(1);
    expect(faults).toEqual([]);
    await context.close();
  });

  test('what fails right now? Events come as phones report them, and the line resumes', {
    timeout: STORY_MS,
  }, async () => {
    await world.addBundle(app_id, '4.0.0');
    await world.client.channels.save({ app_id, channel: 'production', public: true, version: '4.0.0' });
    const { page, context } = await open(world.server.url);
    await signIn(page);
    await page.goto(`/ui/app/${app_id}/events`);
    await page.getByText('Live', { exact: true }).waitFor();
    const phone = new Phone(world.server.url, app_id);
    await phone.ask();
    await phone.say('4.0.0', 'download_complete');
    await page.getByRole('row').filter({ hasText: 'download_complete' }).waitFor();
    await button(page, 'Pause').click();
    await phone.say('4.0.0', 'update_fail');
    await button(page, 'Go on: 1 new').click();
    await page.getByRole('row').filter({ hasText: 'update_fail' }).last().waitFor();

    await world.server.stop();
    await page.getByText('The line was cut').waitFor();
    await world.restart();
    await page.getByText('Live', { exact: true }).waitFor();
    await phone.say('4.0.0', 'set');
    await page.getByRole('cell', { name: 'set', exact: true }).waitFor();
    expect(await page.getByRole('cell', { name: 'download_complete', exact: true }).count(), 'nothing twice').toBe(1);
    await context.close();
  });
});

/** A script of the page that drops a file where files are taken. */
const dropping = (name: string, base64: string) => `(() => {
  const bytes = Uint8Array.from(atob(${JSON.stringify(base64)}), (sign) => sign.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], ${JSON.stringify(name)}, { type: 'application/zip' }));
  const target = document.querySelector('input[type=file]').parentElement;
  target.dispatchEvent(new DragEvent('dragover', { dataTransfer, bubbles: true, cancelable: true }));
  target.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
})()`;
