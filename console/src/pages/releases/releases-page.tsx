// What happened, and can I undo it?

import type { Release } from '@overair/protocol/manage/release';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { channels, olderReleases } from '../../api/queries.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField } from '../../ui/field.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Page, Panel } from '../../ui/page.tsx';
import { Empty, Fault, Skeleton } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { actorOf, stateLabel, stateTone } from '../../words/release-sentences.ts';
import { useWords } from '../../words/words.tsx';

const route = getRouteApi('/signed-in/app/$app/releases');

export function ReleasesPage() {
  const { t } = useWords();
  const { app } = route.useParams();
  const { channel } = route.useSearch();
  const query = useInfiniteQuery(olderReleases(app, channel));
  const rows = query.data?.pages.flat();
  return (
    <Page
      title={t('nav.releases')}
      tabTitle={`${t('nav.releases')} · ${app}`}
      lead={t('releases.lead')}
      actions={<ChannelFilter app={app} channel={channel} />}
    >
      <Panel>
        {query.error && rows === undefined && <Fault error={query.error} onRetry={query.refetch} />}
        {rows === undefined && !query.error && <Skeleton rows={6} />}
        {rows?.length === 0 && (
          <Empty
            sentence={t('releases.none')}
            command={`overair bundle upload ${app} --channel ${channel ?? 'production'}`}
          />
        )}
        {rows !== undefined && rows.length > 0 && <Timeline app={app} rows={rows} />}
        {query.hasNextPage && (
          <Button onClick={() => void query.fetchNextPage()} isBusy={query.isFetchingNextPage}>
            {t('action.more')}
          </Button>
        )}
      </Panel>
    </Page>
  );
}

function ChannelFilter({ app, channel }: { app: string; channel: string | undefined }) {
  const { t } = useWords();
  const navigate = route.useNavigate();
  const { data = [] } = useQuery(channels(app));
  const choices = [
    { value: '', label: t('releases.everyChannel') },
    ...data.map(({ name }) => ({ value: name, label: name })),
  ];
  return (
    <SelectField
      label={t('label.channel')}
      value={channel ?? ''}
      choices={choices}
      onChange={(value) => void navigate({ search: value === '' ? {} : { channel: value }, replace: true })}
    />
  );
}

function Timeline({ app, rows }: { app: string; rows: readonly Release[] }) {
  const { t } = useWords();
  const columns: Column<Release>[] = [
    {
      name: t('release.one'),
      cell: (release) => (
        <Link to="/app/$app/releases/$id" params={{ app, id: String(release.id) }}>
          {t(`release.kind.${release.kind}`, {
            bundle: release.bundle,
            previous: release.previous,
            channel: release.channel,
          })}
        </Link>
      ),
    },
    { name: t('label.state'), cell: ({ state }) => <Mark tone={stateTone[state]}>{t(stateLabel[state])}</Mark> },
    { name: t('label.by'), cell: (release) => actorOf(release, t) },
    { name: t('label.when'), cell: ({ started_at }) => <Moment at={started_at} /> },
  ];
  return <Table caption={t('nav.releases')} columns={columns} rows={rows} keyOf={({ id }) => id} />;
}
