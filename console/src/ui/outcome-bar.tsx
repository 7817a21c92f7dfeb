// Phones of a bundle by their last word: a bar for the eye, and the same numbers as a list.

import type { Outcomes } from '@overair/protocol/manage/outcomes';
import { countOf, everyPhone, OUTCOME_WORDS, outcomeLabel, outcomeMeaning } from '../words/outcomes.ts';
import { useWords } from '../words/words.tsx';
import styles from './outcome-bar.module.css';

export function OutcomeBar({ counts }: { counts: Outcomes['total'] }) {
  const { t, number, percent } = useWords();
  const all = everyPhone(counts);
  if (all === 0) return <p>{t('release.nobody')}</p>;
  const shown = OUTCOME_WORDS.map((word) => ({ word, count: countOf(counts, word) }));
  return (
    <div className={styles['outcomes']}>
      <div className={styles['bar']} aria-hidden="true">
        {shown.map(({ word, count }) => count > 0 && <span key={word} data-word={word} style={{ flexGrow: count }} />)}
      </div>
      <ul className={styles['legend']}>
        {shown.map(({ word, count }) => (
          <li key={word} title={t(outcomeMeaning[word])} data-none={count === 0}>
            <span className={styles['name']}>
              <span className={styles['dot']} data-word={word} aria-hidden="true" />
              {t(outcomeLabel[word])}
            </span>
            <strong>{number(count)}</strong>
            {count > 0 && <span className={styles['share']}>{percent(count / all)}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
