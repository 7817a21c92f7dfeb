// What somebody writes, as the request of a push. Pure. Contract: docs/protocol/push.md §3.

export const WHO = ['all', 'channel', 'running', 'tag', 'alias', 'segment'] as const;
export type Who = (typeof WHO)[number];

export interface Translation {
  readonly language: string;
  readonly title: string;
  readonly text: string;
}

export interface Draft {
  readonly who: Who;
  /** Of all but `all`: names with commas between them, or the id of a segment. */
  readonly names: string;
  readonly title: string;
  readonly text: string;
  /** What a click opens in a browser. */
  readonly url: string;
  readonly translations: readonly Translation[];
}

export const EMPTY_DRAFT: Draft = { who: 'all', names: '', title: '', text: '', url: '', translations: [] };

const listOf = (names: string): string[] =>
  names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** The `to` of a request; undefined while nobody is named yet. */
export function audienceOf({ who, names }: Pick<Draft, 'who' | 'names'>): unknown {
  if (who === 'all') return 'all';
  const list = listOf(names);
  if (list.length === 0) return undefined;
  if (who === 'segment') return { seg: { id: list[0] } };
  return who === 'channel' || who === 'running' ? { live_update: { [who]: list } } : { [who]: list };
}

/** `cid`: the same for each try of one message, so that an answer that was lost does not send it twice. */
export function requestOf(draft: Draft, to: unknown, cid?: string): Record<string, unknown> {
  const { title, text, url, translations } = draft;
  const languages = translations
    .filter(({ language, text: own }) => language.trim() !== '' && own.trim() !== '')
    .map(({ language, title: own, text: content }) => [
      language.trim(),
      { content, ...(own.trim() !== '' && { title: own }) },
    ]);
  const options = {
    ...(languages.length > 0 && { multi_language: Object.fromEntries(languages) }),
    ...(cid !== undefined && { cid }),
  };
  const hasTitle = title.trim() !== '';
  const web = { ...(hasTitle && { title }), ...(url.trim() !== '' && { url: url.trim() }) };
  return {
    to,
    body: {
      platform: 'all',
      notification: {
        alert: text,
        ...(hasTitle && { android: { title }, ios: { alert: { title, body: text } } }),
        ...(Object.keys(web).length > 0 && { web }),
      },
      ...(Object.keys(options).length > 0 && { options }),
    },
  };
}
