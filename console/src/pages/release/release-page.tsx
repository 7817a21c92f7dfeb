// Should it go on?

import type { Release } from '@overair/protocol/manage/release';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { failures, outcomes, release as releaseQuery } from '../../api/queries.ts';
import { FailureGroups } from '../../shell/failure-groups.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Moment } from '../../ui/moment.tsx';
import { OutcomeBar } from '../../ui/outcome-bar.tsx';
import { Page, Panel } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { stateLabel, stateTone } from '../../words/release-sentences.ts';
import { useWords } from '../../words/words.tsx';
import { GuardPanel } from './guard-panel.tsx';
import { ReleaseActions } from './release-actions.tsx';
import { ReleaseFacts } from './release-facts.tsx';
import { ReleaseVerdict } from './release-verdict.tsx';
import { RunningOverTime } from './running-over-time.tsx';

const route = getRouteApi('/signed-in/app/$app/releases/$id');

export function ReleasePage() {
  const { t } = useWords();
  const { app, id } = route.useParams();
  const query = useQuery(releaseQuery(app, Number(id)));
  const { data } = query;
  const title = data ? t('release.onChannel', { bundle: data.bundle, channel: data.channel }) : t('release.one');
  return (
    <Page title={title} tabTitle={`${title} · ${app}`} lead={data && <Lead release={data} app={app} />}>
      <Answered query={query} rows={6}>
        {(release) => <OneRelease app={app} release={release} />}
      </Answered>
    </Page>
  );
}

function Lead({ app, release }: { app: string; release: Release }) {
  const { t } = useWords();
  return (
    <>
      <Mark tone={stateTone[release.state]}>{t(stateLabel[release.state])}</Mark> {t('release.since')}{' '}
      <Moment at={release.started_at} />
      {' · '}
      <Link to="/app/$app/channels/$name" params={{ app, name: release.channel }}>
        {t('release.toChannel', { channel: release.channel })}
      </Link>
    </>
  );
}

function OneRelease({ app, release }: { app: string; release: Release }) {
  const { t } = useWords();
  const { bundle, channel, ended_at } = release;
  const counted = useQuery(outcomes(app, { bundle, channel, bucket: 'hour' }));
  const failed = useQuery(failures(app, { bundle, channel, limit: 10 }));
  return (
    <>
      <ReleaseVerdict release={release} counts={counted.data?.total} />
      {ended_at === null && <ReleaseActions app={app} release={release} counts={counted.data?.total} />}
      <Panel title={t('release.phones')} aside={t('release.phones.aside')}>
        <Answered query={counted} rows={2}>
          {({ total, buckets }) => (
            <>
              <OutcomeBar counts={total} />
              <RunningOverTime buckets={buckets} />
            </>
          )}
        </Answered>
      </Panel>
      <GuardPanel release={release} />
      <Answered query={failed} rows={1}>
        {({ data }) => <FailureGroups app={app} groups={data} />}
      </Answered>
      <ReleaseFacts release={release} latency={counted.data?.latency ?? []} />
    </>
  );
}
