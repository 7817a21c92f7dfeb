// Matters that need somebody, in the visitor's language. What the server says about each in English stays below it. Pure.

import type { AttentionKind, Matter } from '@overair/protocol/manage/attention';
import type { Tone } from '../ui/page.tsx';
import type { MessageId } from './catalogue/en.ts';
import type { Translate } from './words.tsx';

const sentences = {
  guard_acted: 'matter.guard_acted',
  release_failing: 'matter.release_failing',
  bundle_withheld: 'matter.bundle_withheld',
  plan_asks: 'matter.plan_asks',
  downloads_failing: 'matter.downloads_failing',
  number_away: 'matter.number_away',
  silent_fleet: 'matter.silent_fleet',
  credential_refused: 'matter.credential_refused',
  changes_unheard: 'matter.changes_unheard',
  queue_behind: 'matter.queue_behind',
  disk: 'matter.disk',
  approval_waits: 'matter.approval_waits',
} as const satisfies Record<AttentionKind, MessageId>;

/** A kind of a newer server is told in the server's own words. */
export function matterSentence({ kind, app_id, channel, message }: Matter, t: Translate): string {
  const id = sentences[kind] as MessageId | undefined;
  return id === undefined ? message : t(id, { app: app_id ?? '', channel: channel ?? '' });
}

export const matterTone = ({ severity }: Matter): Tone => (severity === 'critical' ? 'bad' : 'warn');

/** Pages that this console has; a link to another one would lead nowhere. */
const KNOWN_PAGE = /^\/ui(\/app\/[^/]+(\/(releases|channels|devices)(\/[^/]+)?)?)?$/;

/** The address within the console, or undefined where it has no such page. */
export const matterPath = ({ link }: Matter): string | undefined =>
  KNOWN_PAGE.test(link) ? link.slice('/ui'.length) || '/' : undefined;
