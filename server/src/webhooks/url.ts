// Where a webhook may point. Names are checked again at every connection: what they resolve to can change.

import { isIP } from 'node:net';
import { AppError } from '../errors.ts';

/** Throws `invalid_url`. The URL itself may hold a secret and is never echoed. */
export function assertWebhookUrl(text: string, allowPrivate: boolean): void {
  const url = URL.parse(text);
  const problem = problemOf(url, allowPrivate);
  if (problem) throw new AppError('invalid_url', 400, problem, { urlInfo: urlInfo(url) });
}

function problemOf(url: URL | null, allowPrivate: boolean): string | undefined {
  if (!url || !/^https?:$/.test(url.protocol)) return 'Invalid webhook URL';
  if (allowPrivate) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (host === 'localhost' || host.endsWith('.localhost')) return 'Webhook URL must point to a public host';
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
