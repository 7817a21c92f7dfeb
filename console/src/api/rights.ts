// What the person may do in an organization, for controls that are shown and not allowed.

import type { Right } from '@overair/protocol/manage/member';
import { useQuery } from '@tanstack/react-query';
import { useWords } from '../words/words.tsx';
import { app, me } from './queries.ts';

const ORDER: Record<Right, number> = { read: 0, upload: 1, write: 2, admin: 3, super_admin: 4 };

/** Why the person may not do what takes `least` in this app; undefined when they may. The server decides; this only tells before. */
export function useObstacle(app_id: string, least: Right): string | undefined {
  const { data: owned } = useQuery(app(app_id));
  return useOrganizationObstacle(owned?.owner_org, least);
}

/** The same in an organization. */
export function useOrganizationObstacle(org_id: string | undefined, least: Right): string | undefined {
  const { t } = useWords();
  const { data: person } = useQuery(me);
  const org = person?.organizations.find(({ id }) => id === org_id);
  if (org === undefined) return undefined;
  const has = ORDER[org.role as Right] ?? ORDER.read;
  return has >= ORDER[least] ? undefined : t('right.missing', { right: least, org: org.name });
}
