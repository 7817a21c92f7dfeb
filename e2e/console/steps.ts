// What every story of the console begins with, and how it finds things on a page.

import type { Browser, Page } from 'playwright-core';
import { visit } from './browser.ts';

const WITHIN_MS = 60_000;
/** Stories take their time on a busy machine. */
export const STORY_MS = 300_000;

export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
export const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name });

/** A visitor with patience: the machine may be busy. */
export async function openPatiently(browser: Browser, server: string) {
  const visitor = await visit(browser, server);
  visitor.page.setDefaultTimeout(WITHIN_MS);
  return visitor;
}
