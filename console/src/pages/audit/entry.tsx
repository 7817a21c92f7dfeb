// One entry: what, who, when; behind it what was before and what is after.

import type { AuditEntry } from '@overair/protocol/manage/audit';
import { useState } from 'react';
import { Moment } from '../../ui/moment.tsx';
import { Table } from '../../ui/table.tsx';
import { changesOf, entryActor, entrySentence } from '../../words/audit.ts';
import { useWords } from '../../words/words.tsx';
import styles from './audit.module.css';

export function Entry({ entry }: { entry: AuditEntry }) {
  const { t } = useWords();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <li data-row>
      <details onToggle={(event) => setIsOpen(event.currentTarget.open)}>
        <summary>
          <span className={styles['what']}>{entrySentence(entry, t)}</span>
          <span className={styles['who']}>
            {entryActor(entry, t)} · <Moment at={entry.created_at} />
          </span>
        </summary>
        {isOpen && <Changes entry={entry} />}
      </details>
    </li>
  );
}

function Changes({ entry }: { entry: AuditEntry }) {
  const { t } = useWords();
  return (
    <div className={styles['changes']}>
      <p>
        {t('audit.from', { address: entry.actor_ip ?? '–' })} · {t('audit.entry', { id: entry.id })}
      </p>
      <Table
        caption={t('audit.changes')}
        rows={changesOf(entry)}
        keyOf={({ field }) => field}
        columns={[
          { name: t('audit.field'), cell: ({ field }) => <code>{field}</code> },
          { name: t('audit.before'), cell: ({ before }) => before },
          { name: t('audit.after'), cell: ({ after }) => after },
        ]}
      />
    </div>
  );
}
