// What needs somebody, over all apps. Until the server counts it itself, each app's newest releases are asked for.

import type { Release } from '@overair/protocol/manage/release';
import { useQueries, useQuery } from '@tanstack/react-query';
import { useNow } from '../ui/now.ts';
import { type Need, needsOf } from '../words/needs.ts';
import { apps, releases } from './queries.ts';

export interface AppNeeds {
  readonly app_id: string;
  readonly needs: readonly Need[];
}

/** Apps without a need are left out. */
export function useNeeds(): AppNeeds[] {
  const { data: all = [] } = useQuery(apps);
  const now = useNow();
  const answers = useQueries({ queries: all.map(({ app_id }) => releases(app_id)) });
  return all.flatMap(({ app_id }, index) => {
    const rows = answers[index]?.data as Release[] | undefined;
    const needs = rows === undefined ? [] : needsOf(rows, now);
    return needs.length === 0 ? [] : [{ app_id, needs }];
  });
}
