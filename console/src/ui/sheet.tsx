// A sheet over the page: the browser's own dialog, so that focus stays inside and Escape leaves.

import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useWords } from '../words/words.tsx';
import { Icon } from './icons.tsx';
import styles from './sheet.module.css';

const FIRST_FIELD = 'input:not([type=hidden]), select, textarea';

interface SheetProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly actions?: ReactNode;
  /** Absent: only an answer leaves it. */
  readonly onClose?: () => void;
}

export function Sheet({ title, children, actions, onClose }: SheetProps) {
  const { t } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) {
      element.showModal();
      // The browser would take the first thing of all, which closes it again.
      (element.querySelector<HTMLElement>(FIRST_FIELD) ?? element.querySelector<HTMLElement>('h2'))?.focus();
    }
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={styles['sheet']}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
    >
      <div className={styles['head']}>
        <h2 id={heading} tabIndex={-1}>
          {title}
        </h2>
        {onClose && (
          <button type="button" className={styles['close']} aria-label={t('action.close')} onClick={onClose}>
            <Icon name="close" />
          </button>
        )}
      </div>
      <div className={styles['body']}>{children}</div>
      {actions && <div className={styles['actions']}>{actions}</div>}
    </dialog>
  );
}
