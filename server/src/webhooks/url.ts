// Where a webhook may point. Names are resolved when they are stored and again at every connection: that can change.

import { isIP } from 'node:net';
import { AppError } from '../errors.ts';
import { resolvesPrivately } from '../net/safe-connect.ts';

const NOT_PUBLIC = 'Webhook URL must point to a public host';

/** As `assertWebhookUrl`, and looks the name up. Not inside a transaction: a slow resolver would hold it open. */
export async function assertReachableUrl(text: string, allowPrivate: boolean): Promise<void> {
  assertWebhookUrl(text, allowPrivate);
  if (allowPrivate) return;
  const url = new URL(text);
  // A name that resolves to nothing today may do so tomorrow; the test call tells.
  if (await resolvesPrivately(url.hostname)) throw refusedUrl(url, NOT_PUBLIC);
}

/** Throws `invalid_url`. The URL itself may hold a secret and is never echoed. */
export function assertWebhookUrl(text: string, allowPrivate: boolean): void {
  const url = URL.parse(text);
  const problem = problemOf(url, allowPrivate);
  if (problem) throw refusedUrl(url, problem);
}

const refusedUrl = (url: URL | null, problem: string) =>
  new AppError('invalid_url', 400, problem, { urlInfo: urlInfo(url) });

function problemOf(url: URL | null, allowPrivate: boolean): string | undefined {
  if (!url || !/^https?:$/.test(url.protocol)) return 'Invalid webhook URL';
  // It would be stored, listed and logged in clear.
  if (url.username || url.password) return 'Webhook URL must not contain a user or a password';
  if (allowPrivate) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (host === 'localhost' || host.endsWith('.localhost')) return NOT_PUBLIC;
  if (isIP(host)) return 'Webhook URL must use a hostname, not an IP address';
  if (url.protocol !== 'https:') return 'Webhook URL must use HTTPS';
  return undefined;
}

function urlInfo(url: URL | null): Record<string, unknown> {
  if (!url) return { valid: false };
  return {
    valid: true,
    protocol: url.protocol,
    hostnameLength: url.hostname.length,
    pathSegmentCount: url.pathname.split('/').filter(Boolean).length,
    hasQuery: url.search !== '',
    hasCredentials: Boolean(url.username || url.password),
  };
}
