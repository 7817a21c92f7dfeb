// Where the person belongs, and what they may do there.

import type { Me } from '@overair/protocol/session/sign-in';
import { Mark } from '../../ui/mark.tsx';
import { Panel } from '../../ui/page.tsx';
import { Table } from '../../ui/table.tsx';
import { rightLabel } from '../../words/rights.ts';
import { useWords } from '../../words/words.tsx';

export function Organizations({ organizations }: { organizations: Me['organizations'] }) {
  const { t } = useWords();
  return (
    <Panel title={t('account.organizations')}>
      <Table
        caption={t('account.organizations')}
        rows={organizations}
        keyOf={({ id }) => id}
        columns={[
          { name: t('invite.org'), cell: ({ name }) => name },
          { name: t('invite.right'), cell: ({ role }) => rightLabel(role, t) },
          {
            name: t('label.state'),
            cell: ({ is_open, enforcing_2fa }) => (
              <Mark tone={is_open ? 'good' : 'warn'}>
                {is_open ? (enforcing_2fa ? t('account.org.second') : t('account.org.open')) : t('account.org.closed')}
              </Mark>
            ),
          },
        ]}
      />
    </Panel>
  );
}
