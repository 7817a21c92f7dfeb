// Phones that are offered nothing, by the reason.

import { Panel } from '../../ui/page.tsx';
import { Table } from '../../ui/table.tsx';
import { refusalLabel } from '../../words/refusals.ts';
import { useWords } from '../../words/words.tsx';

export function Refusals({ refused }: { refused: Readonly<Record<string, number>> }) {
  const { t, number } = useWords();
  const rows = Object.entries(refused)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  if (rows.length === 0) return null;
  return (
    <Panel title={t('refusals.title')} aside={t('refusals.aside')}>
      <Table
        caption={t('refusals.title')}
        rows={rows}
        keyOf={([code]) => code}
        columns={[
          { name: t('refusals.reason'), cell: ([code]) => refusalLabel(code, t) },
          { name: t('refusals.code'), cell: ([code]) => <code>{code}</code> },
          { name: t('label.phones'), isNumber: true, cell: ([, count]) => number(count) },
        ]}
      />
    </Panel>
  );
}
