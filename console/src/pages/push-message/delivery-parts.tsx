// A message by service, what failed in the services' own words, and who was left out.

import type { PushMessageDetail } from '@overair/protocol/manage/push-send';
import { Panel } from '../../ui/page.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { platformName } from '../../words/push.ts';
import { useWords } from '../../words/words.tsx';

type Bucket = PushMessageDetail['buckets'][number];

export function Services({ buckets }: { buckets: readonly Bucket[] }) {
  const { t, number } = useWords();
  if (buckets.length === 0) return null;
  const count = (name: string, of: (bucket: Bucket) => number): Column<Bucket> => ({
    name,
    isNumber: true,
    cell: (bucket) => number(of(bucket)),
  });
  return (
    <Panel title={t('push.byService')}>
      <Table
        caption={t('push.byService')}
        rows={buckets}
        keyOf={({ platform, bucket }) => `${platform} ${bucket}`}
        columns={[
          { name: t('label.platform'), cell: ({ platform }) => platformName(platform, t) },
          { name: t('push.service'), cell: ({ bucket }) => bucket },
          count(t('push.targets'), ({ targets }) => targets),
          count(t('push.sent'), ({ sent }) => sent),
          count(t('push.delivered'), ({ delivered }) => delivered),
          count(t('push.shown'), ({ impressions }) => impressions),
          count(t('push.clicked'), ({ clicks }) => clicks),
          count(t('push.failed'), ({ failed }) => failed),
        ]}
      />
    </Panel>
  );
}

export function Failures({ reasons }: { reasons: PushMessageDetail['reasons'] }) {
  const { t, number } = useWords();
  if (reasons.length === 0) return null;
  return (
    <Panel title={t('push.failures')} aside={t('push.failures.aside')}>
      <Table
        caption={t('push.failures')}
        rows={reasons}
        keyOf={({ platform, reason }) => `${platform} ${reason}`}
        columns={[
          { name: t('push.reason'), cell: ({ reason }) => <span lang="en">{reason}</span> },
          { name: t('label.platform'), cell: ({ platform }) => platformName(platform, t) },
          { name: t('push.devices'), isNumber: true, cell: ({ count }) => number(count) },
        ]}
      />
    </Panel>
  );
}

export function Skipped({ skipped }: { skipped: PushMessageDetail['skipped'] }) {
  const { t } = useWords();
  if (skipped.length === 0) return null;
  return (
    <Panel title={t('push.skipped')}>
      <ul>
        {skipped.map(({ platform, reason }) => (
          <li key={platform}>
            <strong>{platformName(platform, t)}</strong> <span lang="en">{reason}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
