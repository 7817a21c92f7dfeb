// What a key may, and until when, in words. Pure.

import type { ApiKey } from '@overair/protocol/manage/apikey';
import type { Tone } from '../ui/page.tsx';
import type { MessageId } from './catalogue/en.ts';
import type { Translate } from './words.tsx';

const modes: Readonly<Record<string, MessageId>> = {
  read: 'right.read',
  upload: 'right.upload',
  write: 'right.write',
  all: 'keys.mode.all',
};

/** What it may do, then where. */
export function keyRights({ mode, bindings, limited_to_apps, limited_to_channels }: ApiKey, t: Translate): string {
  const what = mode === null ? roleNames(bindings) : modes[mode] === undefined ? mode : t(modes[mode]);
  const where = limited_to_apps.length > 0 ? t('keys.onlyApps', { apps: limited_to_apps.join(', ') }) : '';
  const channels = limited_to_channels.length > 0 ? t('keys.onlyChannels', { count: limited_to_channels.length }) : '';
  return [what, where, channels].filter((part) => part !== '').join('; ');
}

const roleNames = (bindings: ApiKey['bindings']): string =>
  (bindings ?? []).map(({ role_name }) => role_name).join(', ');

const WEEK_MS = 7 * 86_400_000;

/** Whether it opens anything still. */
export function keyState({ expires_at }: Pick<ApiKey, 'expires_at'>, now: number): { tone: Tone; id: MessageId } {
  if (expires_at === null) return { tone: 'neutral', id: 'keys.forEver' };
  const left = new Date(expires_at).getTime() - now;
  if (left <= 0) return { tone: 'bad', id: 'keys.ended' };
  return left < WEEK_MS ? { tone: 'warn', id: 'keys.endsSoon' } : { tone: 'good', id: 'keys.works' };
}

/** Keys that are limited to other organizations have no business on the page of this one. */
export const reaches = ({ limited_to_orgs, bindings }: ApiKey, org: string): boolean =>
  bindings === null
    ? limited_to_orgs.length === 0 || limited_to_orgs.includes(org)
    : bindings.some(({ org_id }) => org_id === org);
