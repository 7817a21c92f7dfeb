// What the pages about push read.

import type { SendPush } from '@overair/protocol/manage/push-send';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from './client.ts';

const WATCH_MS = 10_000;
/** While a message is on its way its numbers change by the second. */
const FOLLOW_MS = 2_000;
const PAGE_SIZE = 50;

export const pushApp = (app_id: string) =>
  queryOptions({
    queryKey: ['app', app_id, 'push'],
    queryFn: () => api.push.app({ app_id }),
    refetchInterval: WATCH_MS,
  });

export const pushMessages = (app_id: string) =>
  infiniteQueryOptions({
    queryKey: ['app', app_id, 'push', 'messages'],
    queryFn: ({ pageParam }) => api.push.messages({ app_id, page: pageParam }),
    initialPageParam: 0,
    getNextPageParam: (last, pages) => (last.length < PAGE_SIZE ? undefined : pages.length),
    refetchInterval: WATCH_MS,
  });

export const pushMessage = (app_id: string, msg_id: string) =>
  queryOptions({
    queryKey: ['app', app_id, 'push', 'message', msg_id],
    queryFn: () => api.push.message({ app_id, msg_id }),
    refetchInterval: ({ state }) => (state.data?.state === 'queued' ? FOLLOW_MS : WATCH_MS),
  });

export const groupMessage = (orgId: string, group_msgid: string) =>
  queryOptions({
    queryKey: ['org', orgId, 'groupMessage', group_msgid],
    queryFn: () => api.push.groupMessage({ orgId, group_msgid }),
    refetchInterval: WATCH_MS,
  });

export const segments = (app_id: string) =>
  queryOptions({ queryKey: ['app', app_id, 'push', 'segments'], queryFn: () => api.push.segments({ app_id }) });

export const groups = (orgId: string) =>
  queryOptions({
    queryKey: ['org', orgId, 'groups'],
    queryFn: () => api.push.groups({ orgId }),
    enabled: orgId !== '',
  });

/** To one app, or to all apps of a group. */
export type Addressee = { readonly app_id: string } | { readonly orgId: string; readonly group_key: string };
type Push = SendPush['push'];

/** Whom it would reach now; in the form of a group for both. */
export const reach = (to: Addressee, push: Push) =>
  queryOptions({
    queryKey: ['reach', to, push],
    queryFn: async () => {
      if ('group_key' in to) return api.push.reachGroup({ ...to, push });
      const found = await api.push.reach({ ...to, push });
      const { devices, is_more } = found;
      return { devices, is_more, apps: [{ app_id: to.app_id, name: to.app_id, ...found, refusal: null }] };
    },
    retry: false,
    // The count before stays until the next one is there.
    placeholderData: (before) => before,
  });
