// How many phones ran it, hour by hour: a line, and the same numbers as a table.

import type { Outcomes } from '@overair/protocol/manage/outcomes';
import { Trend } from '../../ui/trend.tsx';
import { useWords } from '../../words/words.tsx';

export function RunningOverTime({ buckets }: { buckets: Outcomes['buckets'] }) {
  const { t, number } = useWords();
  const points = buckets.map(({ at, standing }) => ({ at, value: standing.running }));
  const last = points.at(-1)?.value ?? 0;
  const first = points[0]?.value ?? 0;
  if (points.every(({ value }) => value === 0)) return null;
  return (
    <Trend
      title={t('trend.running')}
      summary={t('trend.running.summary', { first: number(first), last: number(last) })}
      points={points}
    />
  );
}
