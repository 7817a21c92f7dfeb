// A page without the frame: signing in, set-up, invitations, and what went wrong before.

import type { ReactNode } from 'react';
import styles from './alone.module.css';
import { Brand } from './brand.tsx';
import { LanguageChoice } from './language-choice.tsx';

export function Alone({ children }: { children: ReactNode }) {
  return (
    <div className={styles['alone']}>
      <header>
        <Brand />
        <LanguageChoice />
      </header>
      <main>{children}</main>
    </div>
  );
}
