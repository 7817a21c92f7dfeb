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

/** What a device that is nobody's was to be reached through. */
export const NO_CHANNEL = 'none';

/** `channel` of callbacks and status rows: services in capitals, browsers by their name. */
export function channelName(bucket: string): string {
  const isService = bucket !== NO_CHANNEL && !(WEB_BUCKETS as readonly string[]).includes(bucket);
  return isService ? bucket.toUpperCase() : bucket.slice(0, 1).toUpperCase() + bucket.slice(1);
}
