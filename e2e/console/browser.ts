// A real Chromium that looks at the console, and writes down whatever a page must not do.

import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const CHROMIUM = process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium';

export async function openBrowser(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error(`No Chromium at ${CHROMIUM}: install chromium or set CHROMIUM_BIN`);
  return chromium.launch({
    executablePath: CHROMIUM,
    // The sandbox wants a user who is not root, as in containers.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}

interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of the console, scripts that failed, breaches of the policy, requests to other hosts. */
  readonly faults: string[];
}

/** A visitor of their own: no cookie is shared with another. */
export async function visit(browser: Browser, server: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ baseURL: server, locale: 'en-US', ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  page.on('console', (message) => {
    // A status above 399 that a page expects is written there too, by the browser itself.
    if (message.type() !== 'error' || message.text().startsWith('Failed to load resource')) return;
    faults.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== new URL(server).origin && protocol !== 'data:') faults.push(`foreign request: ${request.url()}`);
  });
  return { page, context, faults };
}
