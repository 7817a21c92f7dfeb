// What makes an organization easier to break into than it has to be. Pure.

import type { ApiKey } from '@overair/protocol/manage/apikey';
import type { Member } from '@overair/protocol/manage/member';
import type { OrganizationSettings } from '@overair/protocol/manage/organization';
import type { MessageId } from './catalogue/en.ts';
import { reaches } from './key-limits.ts';
import { rightOf } from './rights.ts';
import type { Values } from './words.tsx';

interface Weakness {
  readonly id: MessageId;
  readonly values?: Values;
}

/** `keys` are the person's own: those of others are not shown to anybody. */
export function safetyOf(
  settings: OrganizationSettings,
  members: readonly Member[],
  keys: readonly ApiKey[],
): Weakness[] {
  const people = members.filter(({ is_tmp }) => !is_tmp);
  const owners = people.filter((member) => rightOf(member) === 'super_admin');
  const strong = keys.filter((key) => key.mode === 'all' && key.expires_at === null && reaches(key, settings.id));
  return [
    ...(settings.enforcing_2fa ? [] : [{ id: 'security.weak.oneFactor' as const }]),
    ...(strong.length === 0 ? [] : [{ id: 'security.weak.keys' as const, values: { count: strong.length } }]),
    ...(owners.length === 1 && people.length > 1 ? [{ id: 'security.weak.oneOwner' as const }] : []),
  ];
}
