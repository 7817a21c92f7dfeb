// What the pages read, as queries of the cache. Keys begin with their subject, so that one change refreshes what hangs on it.

import type { ListDevices } from '@overair/protocol/manage/device';
import type { ReadFailures, ReadOutcomes } from '@overair/protocol/manage/outcomes';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from './client.ts';
import { session } from './session.ts';

/** How often a page that watches releases asks again. */
const WATCH_MS = 10_000;

export const ways = queryOptions({ queryKey: ['ways'], queryFn: session.ways, staleTime: 60_000 });
export const me = queryOptions({ queryKey: ['me'], queryFn: session.me, staleTime: 30_000 });

export const apps = queryOptions({ queryKey: ['apps'], queryFn: () => api.apps.list({ limit: 1000 }) });
export const app = (app_id: string) => queryOptions({ queryKey: ['app', app_id], queryFn: () => api.apps.get(app_id) });

export const releases = (app_id: string, channel?: string) =>
  queryOptions({
    queryKey: ['app', app_id, 'releases', channel ?? null],
    queryFn: () => api.releases.list({ app_id, ...(channel !== undefined && { channel }) }),
    refetchInterval: WATCH_MS,
  });

export const olderReleases = (app_id: string, channel?: string) =>
  infiniteQueryOptions({
    queryKey: ['app', app_id, 'releases', channel ?? null, 'pages'],
    queryFn: ({ pageParam }) =>
      api.releases.list({ app_id, page: pageParam, ...(channel !== undefined && { channel }) }),
    initialPageParam: 0,
    // A page that is not full is the last.
    getNextPageParam: (last, pages) => (last.length < 50 ? undefined : pages.length),
    refetchInterval: WATCH_MS,
  });

export const release = (app_id: string, id: number) =>
  queryOptions({
    queryKey: ['app', app_id, 'release', id],
    queryFn: () => api.releases.get(app_id, id),
    refetchInterval: WATCH_MS,
  });

export const outcomes = (app_id: string, query: ReadOutcomes) =>
  queryOptions({
    queryKey: ['app', app_id, 'outcomes', query],
    queryFn: () => api.apps.outcomes(app_id, query),
    refetchInterval: WATCH_MS,
  });

export const failures = (app_id: string, query: ReadFailures) =>
  queryOptions({ queryKey: ['app', app_id, 'failures', query], queryFn: () => api.apps.failures(app_id, query) });

export const channels = (app_id: string) =>
  queryOptions({ queryKey: ['app', app_id, 'channels'], queryFn: () => api.channels.list({ app_id }) });
export const channel = (app_id: string, name: string) =>
  queryOptions({ queryKey: ['app', app_id, 'channels', name], queryFn: () => api.channels.get(app_id, name) });

export const bundles = (app_id: string) =>
  queryOptions({ queryKey: ['app', app_id, 'bundles'], queryFn: () => api.bundles.list({ app_id }) });

export const comparison = (app_id: string, a: string, b: string) =>
  queryOptions({
    queryKey: ['app', app_id, 'compare', a, b],
    queryFn: () => api.bundles.compare({ app_id, a, b }),
  });

/** The newest first; each page continues below the oldest of the one before. */
export const bundlePages = (app_id: string) =>
  infiniteQueryOptions({
    queryKey: ['app', app_id, 'bundles', 'pages'],
    queryFn: ({ pageParam }) => api.bundles.list({ app_id, ...(pageParam !== 0 && { before: pageParam }) }),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.length < 50 ? undefined : last.at(-1)?.id),
  });

export type DeviceFilter = Omit<ListDevices, 'app_id' | 'device_id' | 'cursor' | 'limit' | 'total'>;

export const devices = (app_id: string, filter: DeviceFilter) =>
  infiniteQueryOptions({
    queryKey: ['app', app_id, 'devices', filter],
    queryFn: ({ pageParam }) =>
      api.devices.list({
        app_id,
        ...filter,
        limit: 200,
        order: 'desc',
        ...(pageParam === '' ? { total: true } : { cursor: pageParam }),
      }),
    initialPageParam: '',
    getNextPageParam: ({ hasMore, nextCursor }) => (hasMore ? nextCursor : undefined),
  });

export const device = (app_id: string, device_id: string) =>
  queryOptions({ queryKey: ['app', app_id, 'device', device_id], queryFn: () => api.devices.get(app_id, device_id) });
export const explanation = (app_id: string, device_id: string) =>
  queryOptions({
    queryKey: ['app', app_id, 'device', device_id, 'explain'],
    queryFn: () => api.devices.explain({ app_id, device_id }),
  });
export const deviceLog = (app_id: string, device_id: string) =>
  queryOptions({
    queryKey: ['app', app_id, 'device', device_id, 'log'],
    queryFn: () => api.devices.log({ app_id, device_id, limit: 1000 }),
    refetchInterval: WATCH_MS,
  });

export const sessions = queryOptions({ queryKey: ['me', 'sessions'], queryFn: session.list });
export const passkeys = queryOptions({ queryKey: ['me', 'passkeys'], queryFn: session.passkeys });

export const server = queryOptions({ queryKey: ['server'], queryFn: () => api.server(), refetchInterval: WATCH_MS });
