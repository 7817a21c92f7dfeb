// A state as a small sign with its word: never by colour alone.

import type { ReactNode } from 'react';
import { Icon, type IconName } from './icons.tsx';
import styles from './mark.module.css';
import type { Tone } from './page.tsx';

const icons: Record<Tone, IconName> = { good: 'good', warn: 'warn', bad: 'bad', neutral: 'wait' };

export function Mark({ tone, children, icon }: { tone: Tone; children: ReactNode; icon?: IconName }) {
  return (
    <span className={styles['mark']} data-tone={tone}>
      <Icon name={icon ?? icons[tone]} size={14} />
      {children}
    </span>
  );
}
