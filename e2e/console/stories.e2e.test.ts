// Stories of the console in a real Chromium, on a built server: what an owner does with it from the first start on.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser } from './browser.ts';
import { untilStopped } from './scenes.ts';
import { givePassword, signIn } from './sign-in.ts';
import { button, heading, openPatiently, STORY_MS } from './steps.ts';
import { totp } from './totp.ts';
import { OWNER, openWorld, Phone, type World } from './world.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

const open = (server: string) => openPatiently(browser, server);

test('set-up to the first phone: what is the shortest way?', { timeout: STORY_MS }, async () => {
  const world = await openWorld({ withOwner: false });
  const { page, context, faults } = await open(world.server.url);
  // A browser that opens the address of the server lands here.
  await page.goto('/');
  await heading(page, 'Welcome to Overair').waitFor();
  expect(new URL(page.url()).pathname).toBe('/ui/setup');

  await page.locator('input[name=key]').fill('not the key');
  await page.getByLabel('E-mail address').fill(OWNER.email);
  await page.locator('input[name=password]').fill(OWNER.password);
  await button(page, 'Make the account').click();
  await page.getByRole('alert').filter({ hasText: 'not known here' }).waitFor();
  expect(await page.getByLabel('E-mail address').inputValue(), 'what was typed stays').toBe(OWNER.email);
  await page.locator('input[name=key]').fill(world.server.adminKey ?? '');
  await button(page, 'Make the account').click();

  await page.getByText('No phone can reach this address').waitFor();
  await page.getByLabel('App id').fill('com.example.first');
  await button(page, 'Register the app').click();
  await page.getByText('Waiting for the first phone').waitFor();
  expect(await page.locator('pre').first().textContent()).toContain(`updateUrl: '${world.server.url}/updates'`);

  await world.addBundle('com.example.first', '1.0.1');
  await world.client.channels.save({ app_id: 'com.example.first', channel: 'production', version: '1.0.1' });
  await new Phone(world.server.url, 'com.example.first').update();
  await page.getByText('Here is the first phone: it runs 1.0.1 on android.').waitFor();
  await page.getByRole('link', { name: 'On to the app' }).click();
  await page.getByText('All is well. 1.0.1 runs on 100% of 1 phone').waitFor();
  expect(faults).toEqual([]);
  await context.close();
  await world.close();
});

describe('signing in', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world?.close());

  test('with an authenticator, whose code is asked for after the password', { timeout: STORY_MS }, async () => {
    const { page, context, faults } = await open(world.server.url);
    await signIn(page);
    await page.goto('/ui/account');
    await button(page, 'Set up an authenticator').click();
    const sheet = page.getByRole('dialog');
    await sheet.locator('input[type=password]').fill(OWNER.password);
    await button(page, 'Set up an authenticator').last().click();
    await sheet.getByRole('img', { name: 'QR code for the authenticator' }).waitFor();
    const secret = (await sheet.locator('pre').first().textContent()) ?? '';
    expect(((await sheet.locator('pre').last().textContent()) ?? '').split('\n')).toHaveLength(10);
    await sheet.locator('input[inputmode=numeric]').fill(totp(secret));
    await button(page, 'Confirm and switch on').click();
    await page.getByText('Signing in asks for a code of your authenticator.').waitFor();

    await button(page, 'Sign out').click();
    await givePassword(page);
    // The present code was used: the next one is good already, clocks differ.
    await page.getByLabel('Code', { exact: false }).fill(totp(secret, 1));
    await button(page, 'Sign in').click();
    await heading(page, 'All apps').waitFor();
    expect(faults).toEqual([]);
    await page.goto('/ui/account');
    await button(page, 'Switch off').click();
    await page.getByRole('dialog').locator('input[type=password]').fill(OWNER.password);
    await button(page, 'Switch off').last().click();
    await page.getByText('With a code from your phone').waitFor();
    await context.close();
  });

  test('with a passkey, by one gesture', { timeout: STORY_MS }, async () => {
    const { page, context, faults } = await open(world.server.url);
    const devtools = await context.newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await signIn(page);
    await page.goto('/ui/account');
    await page.getByLabel('Name').fill('My laptop');
    await button(page, 'Add a passkey').click();
    await page.getByRole('cell', { name: 'My laptop', exact: true }).waitFor();
    await button(page, 'Sign out').click();
    await button(page, 'Use a passkey').click();
    await heading(page, 'All apps').waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  test('a session that is ended elsewhere asks for the password over the page, and what was changed stays', {
    timeout: STORY_MS,
  }, async () => {
    const app_id = 'com.example.draft';
    await world.client.apps.create({ app_id, name: 'Draft', owner_org: world.orgId });
    await world.client.channels.save({ app_id, channel: 'beta' });
    const { page, context } = await open(world.server.url);
    await signIn(page);
    await page.goto(`/ui/app/${app_id}/channels/beta`);
    await page.getByLabel('Serves Android').uncheck();
    await context.clearCookies();
    await button(page, 'Save').click();
    await heading(page, 'Your session ended').waitFor();
    await givePassword(page);
    await heading(page, 'Your session ended').waitFor({ state: 'detached' });
    expect(await page.getByLabel('Serves Android').isChecked()).toBe(false);
    await button(page, 'Save').click();
    await page.getByText('It does not serve Android.').waitFor();
    await context.close();
  });
});

describe('with phones', () => {
  const app_id = 'com.example.stories';
  let world: World;
  let phones: Phone[];
  beforeAll(async () => {
    world = await openWorld();
    await world.client.apps.create({ app_id, name: 'Stories', owner_org: world.orgId });
    for (const version of ['1.0.1', '1.1.0']) await world.addBundle(app_id, version);
    await world.client.channels.save({ app_id, channel: 'production', public: true, version: '1.0.1' });
    phones = Array.from({ length: 40 }, () => new Phone(world.server.url, app_id));
    await Promise.all(phones.map((phone) => phone.update()));
  });
  afterAll(() => world?.close());

  test('why does this phone get nothing? The ladder marks the check that decided', { timeout: STORY_MS }, async () => {
    const old = new Phone(world.server.url, app_id, { native: '2.0.0', customId: 'old-till' });
    await old.ask();
    const { page, context, faults } = await open(world.server.url);
    await signIn(page);
    await page.goto(`/ui/app/${app_id}/devices`);
    await page.getByLabel('Find a device').fill('old-till');
    await button(page, 'Find').click();
    await page.waitForURL(/custom_id=old-till/);
    await page.getByRole('link', { name: old.device_id }).click();
    await page
      .getByText('It runs the store’s bundle, and is not offered 1.0.1: The bundle is older than the installed app')
      .waitFor();
    const decided = page.getByRole('listitem').filter({ hasText: 'does not hold, and this decided' });
    expect(await decided.count()).toBe(1);
    expect(await decided.textContent()).toContain('What would change it: A bundle with a higher version');
    expect(faults).toEqual([]);
    await context.close();
  });

  test('somebody else was faster: nothing is overwritten unseen', { timeout: STORY_MS }, async () => {
    const { page, context, faults } = await open(world.server.url);
    await signIn(page);
    await page.goto(`/ui/app/${app_id}/channels/production`);
    await page.getByLabel('Emulators get updates').uncheck();
    await world.client.channels.save({ app_id, channel: 'production', electron: false });
    await button(page, 'Save').click();
    const stale = page.getByRole('alert').filter({ hasText: 'Somebody changed this channel' });
    await stale.waitFor();
    expect(await stale.getByRole('row').filter({ hasText: 'electron' }).textContent()).toMatch(/on.*off.*–/);
    expect(await world.client.channels.get(app_id, 'production')).toMatchObject({ allow_emulator: true });
    await button(page, 'Save mine all the same').click();
    await page.getByText('Emulators get nothing.').waitFor();
    expect(await world.client.channels.get(app_id, 'production')).toMatchObject({
      allow_emulator: false,
      electron: false,
    });
    expect(faults).toEqual([]);
    await context.close();
  });

  test('the server restarts in the middle: the page keeps what it has, and goes on', {
    timeout: STORY_MS,
  }, async () => {
    const { page, context } = await open(world.server.url);
    await signIn(page);
    await page.goto(`/ui/app/${app_id}`);
    await page.getByText('All is well.').waitFor();
    await world.server.stop();
    await page.getByText('Could not be refreshed').first().waitFor();
    await page.getByText('All is well.').waitFor();
    await world.restart();
    await page.getByText('Could not be refreshed').first().waitFor({ state: 'detached' });
    await context.close();
  });

  test('a bad bundle stops itself, the red bar tells, and it is taken back', { timeout: STORY_MS }, async () => {
    const { page, context, faults } = await open(world.server.url);
    await signIn(page);
    await page.goto(`/ui/app/${app_id}/channels/production`);
    await button(page, 'Put a bundle on it…').click();
    await page
      .getByRole('dialog')
      .getByText('1.1.0 is offered to every phone of production at its next check: 40 phones')
      .waitFor();
    await button(page, 'Release 1.1.0').click();
    await page.getByText('1.1.0 is released on production.').waitFor();
    await Promise.all(
      phones.slice(0, 24).map(async (phone) => {
        expect(await phone.ask()).toBe('1.1.0');
        await phone.say('1.1.0', 'download_complete', 'set', 'update_fail');
      }),
    );
    await page.goto('/ui');
    const id = await untilStopped(world, app_id);
    await page
      .getByRole('alert')
      .filter({ hasText: `${app_id}: the guard acted on production.` })
      .waitFor();
    await page.getByText('Somebody has to act.').waitFor();
    await page.getByRole('link', { name: 'Look and decide' }).click();
    await page.waitForURL(`**/ui/app/${app_id}/releases/${id}`);
    await button(page, 'Take it back…').click();
    await button(page, 'Take 1.1.0 back').click();
    await page.getByText('1.1.0 was taken back: its phones return to 1.0.1.').waitFor();
    await page.getByRole('alert').filter({ hasText: 'the guard acted' }).waitFor({ state: 'detached' });
    expect(await phones[0]?.ask()).not.toBe('1.1.0');
    expect(faults).toEqual([]);
    await context.close();
  });
});
