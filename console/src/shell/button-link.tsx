// A link that looks like a button: it leads to where something is done.

import type { ReactNode } from 'react';
import styles from './button-link.module.css';

interface ButtonLinkProps {
  /** The link. */
  readonly children: ReactNode;
  /** The main action of its page. */
  readonly isMain?: boolean;
  /** What stands in the way, told before somebody goes there; the page says it too. */
  readonly notNow?: string | undefined;
}

export function ButtonLink({ children, isMain, notNow }: ButtonLinkProps) {
  return (
    <span className={styles['link']} data-main={isMain} data-main-action={isMain || undefined} title={notNow}>
      {children}
    </span>
  );
}
