// The checks that the server asks, in order, as a ladder: the one that decided is marked, with what would change it.

import type { Explanation } from '@overair/protocol/manage/device-log';
import { Icon } from '../../ui/icons.tsx';
import { Panel } from '../../ui/page.tsx';
import { checkLabel, mendOf } from '../../words/checks.ts';
import { refusalLabel } from '../../words/refusals.ts';
import { useWords } from '../../words/words.tsx';
import styles from './device.module.css';

export function Ladder({ why }: { why: Explanation }) {
  const { t } = useWords();
  const { steps } = why;
  return (
    <Panel title={t('ladder.title')} aside={t('ladder.aside', { count: steps.length })}>
      <ol className={styles['ladder']}>
        {steps.map(({ check, passed, detail }) => {
          const mend = passed ? undefined : mendOf(detail ?? why.outcome, t);
          return (
            <li key={check} data-passed={passed}>
              <span className={styles['rung']}>
                <Icon name={passed ? 'good' : 'close'} size={16} />
              </span>
              <div>
                <p>
                  {checkLabel(check, t)}{' '}
                  <span className={styles['said']}>{passed ? t('ladder.passed') : t('ladder.decided')}</span>
                </p>
                {detail !== undefined && (
                  <p className={styles['detail']}>{passed ? detail : refusalLabel(detail, t)}</p>
                )}
                {mend && (
                  <p className={styles['mend']}>
                    <strong>{t('ladder.mend')}</strong> {mend}
                  </p>
                )}
              </div>
            </li>
          );
        })}
      </ol>
    </Panel>
  );
}
