// npm run screenshots: a picture of every page of the console, light and dark, on a phone and on a desk, into tmp/screenshots.
// npm run screenshots -- push groups @desk-light: of those pages whose names begin so, in that look.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { openBrowser, visit } from './browser.ts';
import { openPage, pagesOf } from './pages.ts';
import { playScenes, type Scene } from './scenes.ts';
import { signIn } from './sign-in.ts';
import { openWorld, type World } from './world.ts';

const FOLDER = fileURLToPath(new URL('../../tmp/screenshots/', import.meta.url));
const LOOKS = [
  { name: 'desk', viewport: { width: 1280, height: 860 } },
  { name: 'phone', viewport: { width: 390, height: 800 } },
] as const;
const SCHEMES = ['light', 'dark'] as const;

/** Pages whose names begin with one of these; all when there is none. */
const wanted = process.argv.slice(2).filter((each) => !each.startsWith('@'));
const looks = process.argv.slice(2).filter((each) => each.startsWith('@'));
const isWanted = (name: string) => wanted.length === 0 || wanted.some((each) => name.startsWith(each));

const say = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  say('Starting a server, and letting phones live with it; the guard takes up to a minute …');
  const world = await openWorld({ fromSource: true });
  const browser = await openBrowser();
  try {
    const scene = await playScenes(world);
    for (const { name, viewport } of LOOKS) {
      for (const colorScheme of SCHEMES) {
        const look = `${name}-${colorScheme}`;
        if (looks.length > 0 && !looks.includes(`@${look}`)) continue;
        await picture(browser, world, scene, look, { viewport, colorScheme });
      }
    }
    await scene.close();
  } finally {
    await browser.close();
    await world.close();
  }
  say(`The pictures are in ${FOLDER}`);
}

async function picture(
  browser: Browser,
  world: World,
  scene: Scene,
  look: string,
  options: { viewport: { width: number; height: number }; colorScheme: 'light' | 'dark' },
): Promise<void> {
  const { page, context, faults } = await visit(browser, world.server.url, options);
  const shoot = async (name: string, isLive = false) => {
    if (!isLive) await page.waitForLoadState('networkidle');
    // As tall as the page: in a picture of more than the window, bars that stay at its edge would lie across the middle.
    const height = Number(await page.evaluate('document.documentElement.scrollHeight'));
    if (!name.startsWith('sheet'))
      await page.setViewportSize({ ...options.viewport, height: Math.max(height, options.viewport.height) });
    await page.screenshot({ path: join(FOLDER, `${name}-${look}.png`) });
    await page.setViewportSize(options.viewport);
  };
  await page.goto('/ui/sign-in');
  await page.getByLabel('E-mail address').waitFor();
  if (isWanted('sign-in')) await shoot('sign-in');
  await signIn(page);
  for (const shown of pagesOf(scene, world)) {
    if (!isWanted(shown.name)) continue;
    await openPage(page, shown);
    await shown.prepare?.(page);
    await shoot(shown.name, shown.liveBy !== undefined);
  }
  for (const fault of faults) say(`${look}: ${fault}`);
  await context.close();
}

await main();
