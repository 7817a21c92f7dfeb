// Is all well with this app?

import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useOpenMatters } from '../../api/needs.ts';
import { app as appQuery, outcomes, releases } from '../../api/queries.ts';
import { MatterList } from '../../shell/matter-list.tsx';
import { Page } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { current } from '../../words/needs.ts';
import { useWords } from '../../words/words.tsx';
import { LastChanges } from './last-changes.tsx';
import { NothingYet } from './nothing-yet.tsx';
import { NowVerdict } from './now-verdict.tsx';
import { Refusals } from './refusals.tsx';
import { RunningRelease } from './running-release.tsx';

const route = getRouteApi('/signed-in/app/$app/');

export function NowPage() {
  const { t } = useWords();
  const { app } = route.useParams();
  const { data: facts } = useQuery(appQuery(app));
  const released = useQuery(releases(app));
  // What is about a release stands in the verdict already.
  const matters = (useOpenMatters(app) ?? []).filter(
    ({ kind }) => kind !== 'guard_acted' && kind !== 'release_failing',
  );
  const counted = useQuery(outcomes(app, { bucket: 'hour' }));
  return (
    <Page title={facts?.name ?? app} tabTitle={`${t('nav.now')} · ${facts?.name ?? app}`} lead={app}>
      <Answered query={released} rows={5}>
        {(all) =>
          all.length === 0 ? (
            <NothingYet app={app} />
          ) : (
            <>
              <NowVerdict app={app} releases={all} phones={counted.data?.total.running} matter={matters[0]} />
              <MatterList matters={matters} />
              {current(all).map((release) => (
                <RunningRelease key={release.id} app={app} release={release} />
              ))}
              <Answered query={counted}>{({ total }) => <Refusals refused={total.refused} />}</Answered>
              <LastChanges app={app} releases={all} />
            </>
          )
        }
      </Answered>
    </Page>
  );
}
