// What fails, the most phones first: faults of the bundle apart from those of the network and of phones.

import type { FailureGroups as Groups } from '@overair/protocol/manage/outcomes';
import { Link } from '@tanstack/react-router';
import { Mark } from '../ui/mark.tsx';
import { Panel } from '../ui/page.tsx';
import { Sparkline } from '../ui/sparkline.tsx';
import { Table } from '../ui/table.tsx';
import { failureLabel } from '../words/outcomes.ts';
import { useWords } from '../words/words.tsx';

export function FailureGroups({ app, groups }: { app: string; groups: Groups['data'] }) {
  const { t, number } = useWords();
  if (groups.length === 0) return null;
  const kindOf = (name: string) => failureLabel[name as keyof typeof failureLabel];
  return (
    <Panel title={t('failures.title')} aside={t('failures.aside')}>
      <Table
        caption={t('failures.title')}
        rows={groups}
        keyOf={({ action, fingerprint }) => `${action} ${fingerprint}`}
        columns={[
          {
            name: t('failures.what'),
            cell: ({ action, message }) => (
              <span>
                <code>{action}</code> {message}
              </span>
            ),
          },
          {
            name: t('failures.fault'),
            cell: (group) => (
              <Mark tone={group.class === 'bundle' || group.class === 'crash' ? 'bad' : 'neutral'}>
                {kindOf(group.class) ? t(kindOf(group.class)) : group.class}
              </Mark>
            ),
          },
          { name: t('failures.trend'), cell: ({ trend }) => <Sparkline values={trend} label={t('failures.trend')} /> },
          { name: t('label.phones'), isNumber: true, cell: ({ devices }) => number(devices) },
          {
            name: t('failures.example'),
            cell: ({ examples: [first] }) =>
              first && (
                <Link to="/app/$app/devices/$device" params={{ app, device: first }}>
                  {t('failures.look')}
                </Link>
              ),
          },
        ]}
      />
    </Panel>
  );
}
