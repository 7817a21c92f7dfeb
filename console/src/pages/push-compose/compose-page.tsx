// Who will see what?

import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import type { Addressee } from '../../api/push-queries.ts';
import { groups, reach } from '../../api/push-queries.ts';
import { app as appQuery } from '../../api/queries.ts';
import { Page, Panel } from '../../ui/page.tsx';
import { useSettled } from '../../ui/settled.ts';
import { useWords } from '../../words/words.tsx';
import { AudienceFields } from './audience-fields.tsx';
import styles from './compose.module.css';
import { audienceOf, type Draft, EMPTY_DRAFT, requestOf } from './draft.ts';
import { Previews } from './previews.tsx';
import { ReachView } from './reach-view.tsx';
import { Review } from './review.tsx';
import { TextFields } from './text-fields.tsx';

const route = getRouteApi('/signed-in/app/$app/push/new');

export function ComposePage() {
  const { t } = useWords();
  const { app } = route.useParams();
  const { group: group_key, segment } = route.useSearch();
  const { data: owned } = useQuery(appQuery(app));
  const orgId = owned?.owner_org ?? '';
  const { data: all = [] } = useQuery(groups(orgId));
  const [draft, setDraft] = useState<Draft>(() =>
    segment === undefined ? EMPTY_DRAFT : { ...EMPTY_DRAFT, who: 'segment', names: segment },
  );
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const group = all.find((each) => each.group_key === group_key);
  const to: Addressee = group_key === undefined ? { app_id: app } : { orgId, group_key };
  const reached = useReach(to, draft, orgId !== '');
  const name = group?.name ?? owned?.name ?? app;
  return (
    <Page title={t('compose.title', { name })} tabTitle={`${t('push.compose')} · ${app}`} lead={t('compose.lead')}>
      <div className={styles['compose']}>
        <div className={styles['form']}>
          <Panel title={t('compose.who')}>
            <AudienceFields app={app} group={group_key} groups={all} draft={draft} onChange={change} />
            <ReachView query={reached} isGroup={group_key !== undefined} />
          </Panel>
          <Panel title={t('compose.what')}>
            <TextFields draft={draft} onChange={change} />
          </Panel>
        </div>
        <div className={styles['side']}>
          <Panel title={t('compose.preview')}>
            <Previews name={owned?.name ?? app} draft={draft} />
          </Panel>
          <Review app={app} to={to} name={name} draft={draft} reached={reached.data} />
        </div>
      </div>
    </Page>
  );
}

/** The count follows what is written, once the typing rests. A text is not needed for it. */
function useReach(to: Addressee, draft: Draft, isKnown: boolean) {
  const { who, names, title, text, url, translations } = useSettled(draft);
  const audience = audienceOf({ who, names });
  const push = requestOf({ who, names, title, text: text || '–', url, translations }, audience);
  return useQuery({ ...reach(to, push), enabled: isKnown && audience !== undefined });
}
