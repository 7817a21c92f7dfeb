// Signs the owner in, as a person does.

import type { Page } from 'playwright-core';
import { OWNER } from './world.ts';

export async function givePassword(page: Page): Promise<void> {
  await page.getByLabel('E-mail address').fill(OWNER.email);
  await page.locator('input[name=password]').fill(OWNER.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

export async function signIn(page: Page): Promise<void> {
  await page.goto('/ui/sign-in');
  await givePassword(page);
  await page.getByRole('heading', { name: 'All apps' }).waitFor();
}
