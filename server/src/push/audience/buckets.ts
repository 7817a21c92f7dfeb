// The names under which numbers are kept apart: the browser for web, the provider for phones.

export const WEB_BUCKETS = ['chrome', 'safari', 'firefox', 'edge', 'opera'] as const;

/** By the browser noted at registration: endpoint hosts do not tell Chrome from Opera. */
export function bucketOf(target: { platform: string; channel: string; browser: string | null }): string {
  if (target.platform !== 'web') return target.channel;
  const name = target.browser?.toLowerCase() ?? '';
  return WEB_BUCKETS.find((bucket) => name.includes(bucket)) ?? 'chrome';
}

/** The browser's name from its user agent; the order matters, since each imitates the next. */
export function browserOf(userAgent: string): string {
  if (/Edg(e|A|iOS)?\//.test(userAgent)) return 'edge';
  if (/OPR\/|Opera/.test(userAgent)) return 'opera';
  if (/Firefox\/|FxiOS\//.test(userAgent)) return 'firefox';
  if (/Chrome\/|CriOS\//.test(userAgent)) return 'chrome';
  return /Safari\//.test(userAgent) ? 'safari' : 'chrome';
}

/** `channel` of callbacks and status rows. */
export function channelName(bucket: string): string {
  if (bucket === 'fcm' || bucket === 'apns') return bucket.toUpperCase();
  return bucket.slice(0, 1).toUpperCase() + bucket.slice(1);
}
