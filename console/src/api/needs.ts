// What needs somebody, as the server counts it: one question for all apps.

import type { Matter } from '@overair/protocol/manage/attention';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from './client.ts';

const WATCH_MS = 10_000;

/** Of one app where it is named. The most urgent first. */
const attention = (app_id?: string) =>
  queryOptions({
    queryKey: ['attention', app_id ?? null],
    queryFn: () => api.attention.list(app_id === undefined ? {} : { app_id }),
    refetchInterval: WATCH_MS,
  });

/** What nobody looks after yet; undefined while it is not known. */
export function useOpenMatters(app_id?: string): Matter[] | undefined {
  const { data } = useQuery(attention(app_id));
  return data?.data.filter(({ acknowledged_at }) => acknowledged_at === null);
}
