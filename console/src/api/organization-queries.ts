// What the pages of an organization read.

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from './client.ts';

export const organization = (org_id: string) =>
  queryOptions({ queryKey: ['org', org_id], queryFn: () => api.organizations.settings(org_id) });

export const organizationApps = (org_id: string) =>
  queryOptions({ queryKey: ['org', org_id, 'apps'], queryFn: () => api.apps.list({ org_id, limit: 1000 }) });

export const members = (orgId: string) =>
  queryOptions({ queryKey: ['org', orgId, 'members'], queryFn: () => api.organizations.members(orgId) });

/** The person's own; the server shows nobody those of others. */
export const keys = queryOptions({ queryKey: ['keys'], queryFn: () => api.keys.list() });

export const webhooks = (orgId: string) =>
  queryOptions({ queryKey: ['org', orgId, 'webhooks'], queryFn: () => api.webhooks.list({ orgId }) });

const WATCH_MS = 10_000;

export const webhook = (orgId: string, webhookId: string) =>
  queryOptions({
    queryKey: ['org', orgId, 'webhooks', webhookId],
    queryFn: () => api.webhooks.get(orgId, webhookId),
    refetchInterval: WATCH_MS,
  });

export const deliveries = (orgId: string, webhookId: string) =>
  infiniteQueryOptions({
    queryKey: ['org', orgId, 'webhooks', webhookId, 'deliveries'],
    queryFn: ({ pageParam }) => api.webhooks.deliveries({ orgId, webhookId, page: pageParam }),
    initialPageParam: 0,
    getNextPageParam: ({ pagination: { page, per_page, total } }) =>
      (page + 1) * per_page < total ? page + 1 : undefined,
    refetchInterval: WATCH_MS,
  });

interface AuditFilter {
  readonly tableName?: string | undefined;
  readonly operation?: string | undefined;
}

/** The newest first; each page continues below the oldest of the one before, so that new entries move nothing. */
export const audit = (orgId: string, { tableName, operation }: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['org', orgId, 'audit', tableName ?? null, operation ?? null],
    queryFn: ({ pageParam }) =>
      api.organizations.audit({
        orgId,
        limit: 50,
        ...(tableName !== undefined && { tableName }),
        ...(operation !== undefined && { operation }),
        ...(pageParam !== 0 && { before: pageParam }),
      }),
    initialPageParam: 0,
    getNextPageParam: ({ data }) => (data.length < 50 ? undefined : data.at(-1)?.id),
  });
