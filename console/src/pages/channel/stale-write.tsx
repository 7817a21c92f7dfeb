// Somebody was faster: what was seen, what is, and what was wanted, before anything is overwritten.

import type { Channel } from '@overair/protocol/manage/channel';
import { Button } from '../../ui/button.tsx';
import { Table } from '../../ui/table.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './channel.module.css';

interface StaleWriteProps {
  readonly saw: Channel;
  readonly is: Channel;
  readonly wanted: Partial<Channel>;
  readonly onInsist: () => void;
  readonly onDrop: () => void;
}

export function StaleWrite({ saw, is, wanted, onInsist, onDrop }: StaleWriteProps) {
  const { t } = useWords();
  const text = (value: unknown) =>
    typeof value === 'boolean' ? t(value ? 'label.on' : 'label.off') : String(value ?? '–');
  const names = (Object.keys(saw) as (keyof Channel)[]).filter(
    (name) => name !== 'updated_at' && (name in wanted || JSON.stringify(saw[name]) !== JSON.stringify(is[name])),
  );
  return (
    <div role="alert" className={styles['stale']}>
      <p>{t('stale.sentence')}</p>
      <Table
        caption={t('stale.caption')}
        rows={names}
        keyOf={(name) => name}
        columns={[
          { name: t('stale.setting'), cell: (name) => <code>{name}</code> },
          { name: t('stale.saw'), cell: (name) => text(plain(saw[name])) },
          { name: t('stale.is'), cell: (name) => text(plain(is[name])) },
          { name: t('stale.wanted'), cell: (name) => (name in wanted ? text(plain(wanted[name])) : '–') },
        ]}
      />
      <div className={styles['buttons']}>
        <Button kind="primary" onClick={onInsist}>
          {t('stale.insist')}
        </Button>
        <Button onClick={onDrop}>{t('stale.drop')}</Button>
      </div>
    </div>
  );
}

/** A bundle is an object with a name. */
const plain = (value: unknown) => (typeof value === 'object' && value !== null && 'name' in value ? value.name : value);
