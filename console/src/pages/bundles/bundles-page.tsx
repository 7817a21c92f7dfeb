// What exists, and what may go?

import type { Bundle } from '@overair/protocol/manage/bundle';
import type { Channel } from '@overair/protocol/manage/channel';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { bundlePages, channels } from '../../api/queries.ts';
import { ButtonLink } from '../../shell/button-link.tsx';
import { Button } from '../../ui/button.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Page, Panel } from '../../ui/page.tsx';
import { Empty, Fault, Skeleton } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { useWords } from '../../words/words.tsx';
import { DeleteBundle } from './delete-bundle.tsx';
import { UploadPanel } from './upload-panel.tsx';

const route = getRouteApi('/signed-in/app/$app/bundles');

export function BundlesPage() {
  const { t } = useWords();
  const { app } = route.useParams();
  const query = useInfiniteQuery(bundlePages(app));
  const { data: all } = useQuery(channels(app));
  // Old databases hold a row that stands for the store's bundle.
  const rows = query.data?.pages.flat().filter(({ name }) => name !== 'builtin' && name !== 'unknown');
  return (
    <Page
      title={t('nav.bundles')}
      tabTitle={`${t('nav.bundles')} · ${app}`}
      lead={t('bundles.lead')}
      actions={
        rows !== undefined &&
        rows.length > 1 && (
          <ButtonLink>
            <Link to="/app/$app/compare" params={{ app }}>
              {t('bundles.compare')}
            </Link>
          </ButtonLink>
        )
      }
    >
      <UploadPanel app={app} newest={rows?.[0]} />
      <Panel>
        {query.error && rows === undefined && <Fault error={query.error} onRetry={query.refetch} />}
        {rows === undefined && !query.error && <Skeleton rows={6} />}
        {rows?.length === 0 && <Empty sentence={t('bundles.none')} command={`overair bundle upload ${app}`} />}
        {rows !== undefined && rows.length > 0 && <Rows app={app} rows={rows} channels={all} />}
        {query.hasNextPage && (
          <Button onClick={() => void query.fetchNextPage()} isBusy={query.isFetchingNextPage}>
            {t('action.more')}
          </Button>
        )}
      </Panel>
    </Page>
  );
}

/** The channels that offer a bundle, to everybody or to a share. */
const servedOn = (all: readonly Channel[], { id }: Bundle) =>
  all.filter((channel) => channel.version?.id === id || channel.rollout_version === id);

interface RowsProps {
  readonly app: string;
  readonly rows: readonly Bundle[];
  /** Undefined while it is not known: nothing may go then. */
  readonly channels: readonly Channel[] | undefined;
}

function Rows({ app, rows, channels: all }: RowsProps) {
  const { t, bytes } = useWords();
  const columns: Column<Bundle>[] = [
    { name: t('release.bundle'), cell: ({ name }) => <strong>{name}</strong> },
    { name: t('bundles.channels'), cell: (bundle) => <Channels app={app} on={servedOn(all ?? [], bundle)} /> },
    {
      name: t('bundles.size'),
      isNumber: true,
      cell: ({ size, external_url }) => (external_url === null ? bytes(size) : t('bundles.external')),
    },
    {
      name: t('bundles.signed'),
      cell: ({ session_key, key_id }) =>
        session_key === null || session_key === '' ? (
          <Mark tone="neutral">{t('bundles.plain')}</Mark>
        ) : (
          <Mark tone="good">
            {key_id === null ? t('bundles.encrypted') : t('bundles.encrypted.with', { key: key_id })}
          </Mark>
        ),
    },
    { name: t('bundles.made'), cell: ({ created_at }) => <Moment at={created_at} /> },
    {
      name: t('label.deed'),
      cell: (bundle) => (
        <DeleteBundle app={app} bundle={bundle} isFree={all !== undefined && servedOn(all, bundle).length === 0} />
      ),
    },
  ];
  return <Table caption={t('nav.bundles')} columns={columns} rows={rows} keyOf={({ id }) => id} />;
}

function Channels({ app, on }: { app: string; on: readonly Channel[] }) {
  const { t } = useWords();
  if (on.length === 0) return <span>{t('bundles.noChannel')}</span>;
  return (
    <span>
      {on.map(({ name }, index) => (
        <span key={name}>
          {index > 0 && ', '}
          <Link to="/app/$app/channels/$name" params={{ app, name }}>
            {name}
          </Link>
        </span>
      ))}
    </span>
  );
}
