// What each right allows, in words.

import type { Member, Right } from '@overair/protocol/manage/member';
import type { MessageId } from './catalogue/en.ts';
import type { Translate } from './words.tsx';

const labels: Readonly<Record<Right, MessageId>> = {
  read: 'right.read',
  upload: 'right.upload',
  write: 'right.write',
  admin: 'right.admin',
  super_admin: 'right.superAdmin',
};

/** A right of a newer server is shown by its name. */
export function rightLabel(right: string, t: Translate): string {
  const id = labels[right as Right];
  return id === undefined ? right : t(id);
}

/** The right behind a role: open invitations carry it behind a word. */
export const rightOf = ({ role }: Pick<Member, 'role'>): Right => role.replace(/^invite_/, '') as Right;
