// The layout of a page: its title, which is its first sentence, and panels below.

import { type ReactNode, useEffect } from 'react';
import styles from './page.module.css';

interface PageProps {
  readonly title: string;
  /** For the browser's tab, where it differs. */
  readonly tabTitle?: string;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Page({ title, tabTitle = title, lead, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${tabTitle} · Overair`;
  }, [tabTitle]);
  return (
    <div className={styles['page']}>
      <header className={styles['head']}>
        <div>
          <h1 tabIndex={-1}>{title}</h1>
          {lead && <div className={styles['lead']}>{lead}</div>}
        </div>
        {actions && <div className={styles['actions']}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

interface PanelProps {
  readonly title?: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

export function Panel({ title, aside, children }: PanelProps) {
  return (
    <section className={styles['panel']}>
      {title && (
        <div className={styles['panelHead']}>
          <h2>{title}</h2>
          {aside && <div className={styles['aside']}>{aside}</div>}
        </div>
      )}
      {children}
    </section>
  );
}

export type Tone = 'good' | 'warn' | 'bad' | 'neutral';

/** The one sentence that says whether somebody has to act. */
export function Verdict({
  tone,
  icon,
  children,
  sub,
  actions,
}: {
  tone: Tone;
  icon: ReactNode;
  children: ReactNode;
  sub?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className={styles['verdict']} data-tone={tone}>
      <span className={styles['verdictIcon']}>{icon}</span>
      <div>
        <p className={styles['verdictSentence']}>{children}</p>
        {sub && <p className={styles['verdictSub']}>{sub}</p>}
        {actions && <div className={styles['actions']}>{actions}</div>}
      </div>
    </div>
  );
}

/** Name and value, in a line where there is room. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className={styles['facts']}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
