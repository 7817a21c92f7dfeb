// What the pages of an organization read.

import { queryOptions } from '@tanstack/react-query';
import { api } from './client.ts';

export const organizationApps = (org_id: string) =>
  queryOptions({ queryKey: ['org', org_id, 'apps'], queryFn: () => api.apps.list({ org_id, limit: 1000 }) });
