// What holds on every page of the console, light and dark, from 320 px on: axe finds nothing, nothing runs over the edge, no error, no
// breach of the page's own policy, no request to another host.

import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, visit } from './browser.ts';
import { openPage, pagesOf } from './pages.ts';
import { playScenes, type Scene } from './scenes.ts';
import { signIn } from './sign-in.ts';
import { openWorld, type World } from './world.ts';

const MINUTES = 60_000;
/** Each walk is many pages, and axe looks at every element of each. */
const WALK_MS = 10 * MINUTES;

let world: World;
let browser: Browser;
let scene: Scene;

beforeAll(async () => {
  [world, browser] = await Promise.all([openWorld(), openBrowser()]);
  scene = await playScenes(world);
}, 5 * MINUTES);
afterAll(async () => {
  await browser?.close();
  await scene?.close();
  await world?.close();
});

/** Both ends of the widths and both schemes. A look takes more than a minute and a half; pictures of all are `npm run screenshots`. */
const looks = [
  { width: 320, colorScheme: 'dark' },
  { width: 1280, colorScheme: 'light' },
] as const;

test.each(looks)('every page at $width px, $colorScheme', { timeout: WALK_MS }, async ({ width, colorScheme }) => {
  const { page, context, faults } = await visit(browser, world.server.url, {
    viewport: { width, height: 800 },
    colorScheme,
  });
  const found: string[] = [];
  await page.goto('/ui/sign-in');
  await page.getByLabel('E-mail address').waitFor();
  found.push(...(await faultsOf(page, 'sign-in')));
  await signIn(page);
  for (const shown of pagesOf(scene, world)) {
    await openPage(page, shown);
    await shown.prepare?.(page);
    found.push(...(await faultsOf(page, shown.name)));
  }
  expect([...found, ...faults]).toEqual([]);
  await context.close();
});

test('German and Chinese pages run over no edge either', { timeout: WALK_MS }, async () => {
  const found: string[] = [];
  for (const locale of ['de-DE', 'zh-CN']) {
    const { page, context, faults } = await visit(browser, world.server.url, {
      locale,
      viewport: { width: 320, height: 800 },
    });
    await signInByApi(page);
    for (const shown of pagesOf(scene, world)) {
      await openPage(page, shown);
      found.push(...(await overflowOf(page, `${shown.name} ${locale}`)));
    }
    found.push(...faults);
    await context.close();
  }
  expect(found).toEqual([]);
});

/** In another language the labels of the form have other names. */
async function signInByApi(page: Page): Promise<void> {
  await page.goto('/ui/sign-in');
  await page.locator('input[name=email]').fill('owner@example.com');
  await page.locator('input[name=password]').fill('correct horse battery staple');
  await page.locator('[data-main-action]').click();
  await page.locator('h1').waitFor();
  await page.waitForURL((url) => !url.pathname.endsWith('/sign-in'));
}

async function faultsOf(page: Page, name: string): Promise<string[]> {
  // As tall as the page: axe takes what the bar at the bottom covers until one scrolls for a target that is too small.
  const { width } = page.viewportSize() as { width: number };
  await page.setViewportSize({
    width,
    height: Math.max(800, Number(await page.evaluate('document.documentElement.scrollHeight'))),
  });
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  const axe = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html }) => `${name}: axe ${id}: ${html.slice(0, 200)}`),
  );
  const wide = await overflowOf(page, name);
  await page.setViewportSize({ width, height: 800 });
  return [...axe, ...wide];
}

/** Elements that reach over the right edge, if the page scrolls sideways. */
async function overflowOf(page: Page, name: string): Promise<string[]> {
  const wide = (await page.evaluate(`(() => {
    const edge = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= edge) return [];
    return [...document.querySelectorAll('body *')].filter((each) => each.getBoundingClientRect().right > edge + 1)
      .map((each) => each.outerHTML.slice(0, 120)).slice(-3);
  })()`)) as string[];
  return wide.map((html) => `${name}: runs over the edge: ${html}`);
}
