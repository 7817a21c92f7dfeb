// Text from outside, reduced to what is safe to keep and show.

/** Names are shown in pages and mails of others: tags go, the words stay. */
export const stripTags = (text: string): string => text.replace(/<[^>]*>/g, '').trim();

/** An image as it is stored: an absolute http(s) URL as given, a relative path without its leading folder, or ''. */
export function normaliseImage(value: string | null): string {
  const text = stripTags(value ?? '');
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return /^https?:\/\//i.test(text) ? text : '';
  return text
    .replace(/^\/+/, '')
    .replace(/^images\//, '')
    .replace(/^\/+/, '');
}

/** Only absolute URLs can be shown: this server stores no images. */
export const shownImage = (stored: string | null): string => (stored?.includes('://') ? stored : '');
