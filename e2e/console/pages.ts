// Every page of the console with something on it, for the pictures and for the checks that hold on all of them.

import type { Page } from 'playwright-core';
import { EMPTY, FIELD, type Scene, SHOP } from './scenes.ts';
import type { World } from './world.ts';

interface ShownPage {
  readonly name: string;
  readonly path: string;
  /** Its requests never end: it is there when this text is. */
  readonly liveBy?: RegExp;
  /** What is done on it before it is looked at. */
  readonly prepare?: (page: Page) => Promise<void>;
}

/** Opens it, and waits until it has what it asked for. */
export async function openPage(page: Page, { path, liveBy }: ShownPage): Promise<void> {
  await page.goto(path);
  await page.locator('h1').waitFor();
  if (liveBy === undefined) await page.waitForLoadState('networkidle');
  else await page.getByText(liveBy).first().waitFor();
}

export const pagesOf = (scene: Scene, { orgId }: Pick<World, 'orgId'>): ShownPage[] => [
  { name: 'all-apps', path: '/ui' },
  { name: 'now', path: `/ui/app/${SHOP}` },
  { name: 'now-stopped', path: `/ui/app/${FIELD}` },
  { name: 'now-empty', path: `/ui/app/${EMPTY}` },
  { name: 'releases', path: `/ui/app/${SHOP}/releases` },
  { name: 'release', path: `/ui/app/${SHOP}/releases/${scene.releaseOfShop}` },
  { name: 'release-stopped', path: `/ui/app/${FIELD}/releases/${scene.stopped}` },
  {
    name: 'sheet-take-back',
    path: `/ui/app/${FIELD}/releases/${scene.stopped}`,
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Take it back…' }).click();
      await page.getByText('Rehearsed on').waitFor();
    },
  },
  { name: 'bundles', path: `/ui/app/${SHOP}/bundles` },
  { name: 'compare', path: `/ui/app/${SHOP}/compare?a=1.3.9&b=1.4.0` },
  { name: 'bundles-empty', path: `/ui/app/${EMPTY}/bundles` },
  { name: 'channels', path: `/ui/app/${SHOP}/channels` },
  { name: 'channels-empty', path: `/ui/app/${EMPTY}/channels` },
  { name: 'channel', path: `/ui/app/${SHOP}/channels/production` },
  {
    name: 'sheet-promote',
    path: `/ui/app/${SHOP}/channels/production`,
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Put a bundle on it…' }).click();
      await page.getByText('Rehearsed on').waitFor();
    },
  },
  { name: 'devices', path: `/ui/app/${SHOP}/devices` },
  { name: 'devices-filtered', path: `/ui/app/${SHOP}/devices?platform=ios` },
  { name: 'device', path: `/ui/app/${SHOP}/devices/${scene.current}` },
  { name: 'device-refused', path: `/ui/app/${SHOP}/devices/${scene.refused}` },
  {
    name: 'events',
    path: `/ui/app/${SHOP}/events`,
    liveBy: /Live|实时/,
    prepare: async (page) => page.getByText('Look at a phone').first().waitFor(),
  },
  { name: 'push', path: `/ui/app/${SHOP}/push` },
  { name: 'push-off', path: `/ui/app/${EMPTY}/push` },
  { name: 'push-message', path: `/ui/app/${SHOP}/push/${scene.message}` },
  { name: 'push-message-group', path: `/ui/app/${SHOP}/push/${scene.groupMessage}` },
  { name: 'push-new', path: `/ui/app/${SHOP}/push/new` },
  {
    name: 'sheet-push',
    path: `/ui/app/${SHOP}/push/new`,
    prepare: async (page) => {
      await page.getByLabel('Title').fill('Sale today');
      await page.getByLabel('Text', { exact: true }).fill('Everything at half price until six');
      await page.getByText('It reaches 5 devices now').waitFor();
      await page.getByRole('button', { name: 'Review and send…' }).click();
    },
  },
  { name: 'push-audiences', path: `/ui/app/${SHOP}/push/audiences` },
  { name: 'groups', path: `/ui/org/${orgId}/groups` },
  { name: 'settings', path: `/ui/app/${SHOP}/settings` },
  {
    name: 'sheet-delete-app',
    path: `/ui/app/${SHOP}/settings`,
    prepare: async (page) => page.getByRole('button', { name: 'Delete Shop…' }).click(),
  },
  { name: 'security', path: `/ui/org/${orgId}/security` },
  { name: 'server', path: '/ui/server' },
  { name: 'members', path: `/ui/org/${orgId}/members` },
  {
    name: 'sheet-remove',
    path: `/ui/org/${orgId}/members`,
    prepare: async (page) => page.getByRole('button', { name: 'Cancel the invitation…' }).click(),
  },
  { name: 'keys', path: `/ui/org/${orgId}/keys` },
  {
    name: 'sheet-new-key',
    path: `/ui/org/${orgId}/keys`,
    prepare: async (page) => page.getByRole('button', { name: 'New key…' }).click(),
  },
  {
    name: 'webhooks',
    path: `/ui/org/${orgId}/webhooks`,
    prepare: async (page) => page.locator('summary').first().click(),
  },
  {
    name: 'sheet-new-webhook',
    path: `/ui/org/${orgId}/webhooks`,
    prepare: async (page) => page.getByRole('button', { name: 'New webhook…' }).click(),
  },
  {
    name: 'audit',
    path: `/ui/org/${orgId}/audit`,
    prepare: async (page) => page.locator('summary').first().click(),
  },
  { name: 'audit-filtered', path: `/ui/org/${orgId}/audit?about=channels&kind=UPDATE` },
  {
    name: 'sheet-more',
    path: `/ui/app/${SHOP}`,
    prepare: async (page) => {
      const more = page.getByRole('button', { name: 'More' });
      if (await more.isVisible()) await more.click();
    },
  },
  { name: 'account', path: '/ui/account' },
  { name: 'not-found', path: '/ui/nowhere' },
  { name: 'fault', path: `/ui/app/${SHOP}/releases/999999` },
  { name: 'sheet-palette', path: `/ui/app/${SHOP}`, prepare: async (page) => page.keyboard.press('Control+k') },
];
