// Stages of which each holds fewer than the one before: a bar and a number each, readable as a list.

import { useWords } from '../words/words.tsx';
import styles from './funnel.module.css';
import type { Tone } from './page.tsx';

interface Stage {
  readonly name: string;
  readonly count: number;
  readonly tone?: Tone;
}

/** Shares are of the first stage. */
export function Funnel({ stages }: { stages: readonly Stage[] }) {
  const { number, percent } = useWords();
  const all = stages[0]?.count ?? 0;
  return (
    <ol className={styles['funnel']}>
      {stages.map(({ name, count, tone }) => (
        <li key={name} data-tone={tone}>
          <span className={styles['name']}>{name}</span>
          <span className={styles['bar']} aria-hidden="true">
            <span style={{ inlineSize: `${all === 0 ? 0 : (count / all) * 100}%` }} />
          </span>
          <strong>{number(count)}</strong>
          <span className={styles['share']}>{all > 0 && percent(count / all)}</span>
        </li>
      ))}
    </ol>
  );
}
