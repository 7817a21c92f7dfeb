// Where is this person's phone?

import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { devices } from '../../api/queries.ts';
import { Page, Panel } from '../../ui/page.tsx';
import { Empty, Fault, Skeleton } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';
import { DeviceFilters } from './device-filters.tsx';
import { DeviceRows } from './device-rows.tsx';

const route = getRouteApi('/signed-in/app/$app/devices');

export function DevicesPage() {
  const { t, number } = useWords();
  const { app } = route.useParams();
  const search = route.useSearch();
  const query = useInfiniteQuery(devices(app, search));
  const rows = query.data?.pages.flatMap(({ data }) => data);
  const total = query.data?.pages[0]?.total ?? rows?.length ?? 0;
  const isFiltered = Object.keys(search).length > 0;
  return (
    <Page title={t('nav.devices')} tabTitle={`${t('nav.devices')} · ${app}`} lead={t('devices.lead')}>
      <Panel>
        <DeviceFilters app={app} />
      </Panel>
      <Panel>
        {query.error && rows === undefined && <Fault error={query.error} onRetry={query.refetch} />}
        {rows === undefined && !query.error && <Skeleton rows={8} />}
        {rows?.length === 0 && (
          <Empty
            sentence={isFiltered ? t('devices.noneLikeThat') : t('devices.none')}
            {...(!isFiltered && { command: `overair probe ${app}` })}
          />
        )}
        {rows !== undefined && rows.length > 0 && (
          <>
            <p role="status">{t('devices.shown', { count: total, shown: number(total) })}</p>
            <DeviceRows
              app={app}
              rows={rows}
              total={total}
              onEnd={() => {
                if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
              }}
            />
          </>
        )}
      </Panel>
    </Page>
  );
}
