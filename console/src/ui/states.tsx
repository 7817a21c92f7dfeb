// What a page shows when it has nothing to show yet, nothing at all, or when something went wrong.

import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { sentenceOf } from '../words/error-sentence.ts';
import { useWords } from '../words/words.tsx';
import { Button } from './button.tsx';
import { CopyBlock } from './copy.tsx';
import { Icon } from './icons.tsx';
import styles from './states.module.css';

/** An answer that comes sooner is not announced by a flicker. */
const SKELETON_AFTER_MS = 150;

export function Skeleton({ rows = 3 }: { rows?: number }) {
  const { t } = useWords();
  const [isDue, setIsDue] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsDue(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!isDue) return null;
  return (
    <div className={styles['skeleton']} role="status">
      <span className="only-read-aloud">{t('state.loading')}</span>
      {Array.from({ length: rows }, (_, row) => `row ${row}`).map((row) => (
        <div key={row} />
      ))}
    </div>
  );
}

export function Fault({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useWords();
  const { sentence, requestId } = sentenceOf(error, t);
  return (
    <div className={styles['fault']} role="alert">
      <Icon name="bad" />
      <div>
        <p>{sentence}</p>
        {requestId && <p className={styles['id']}>{t('state.error.request', { id: requestId })}</p>}
      </div>
      {onRetry && <Button onClick={onRetry}>{t('action.tryAgain')}</Button>}
    </div>
  );
}

export function Empty({ sentence, command, children }: { sentence: string; command?: string; children?: ReactNode }) {
  const { t } = useWords();
  return (
    <div className={styles['empty']}>
      <p>{sentence}</p>
      {command && <CopyBlock text={command} label={t('label.command')} />}
      {children}
    </div>
  );
}

/**
 * A query as a panel: skeleton, fault, or the content. Old data stays while a new question is under way or failed, and says that it
 * is old. A panel fails alone.
 */
export function Answered<Data>({
  query,
  children,
  rows,
}: {
  query: UseQueryResult<Data>;
  children: (data: Data) => ReactNode;
  rows?: number;
}) {
  const { t, ago } = useWords();
  const { data, error, refetch } = query;
  if (data === undefined) {
    return error ? <Fault error={error} onRetry={refetch} /> : <Skeleton {...(rows !== undefined && { rows })} />;
  }
  return (
    <>
      {error && (
        <p className={styles['old']} role="status">
          <Icon name="wait" size={16} /> {t('state.old', { ago: ago(new Date(query.dataUpdatedAt), Date.now()) })}
        </p>
      )}
      {children(data)}
    </>
  );
}
