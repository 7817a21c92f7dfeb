// What the guard knows about a release, and how far it is from acting.

import type { Release, ReleaseGuard } from '@overair/protocol/manage/release';
import { Facts, Panel } from '../../ui/page.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './release.module.css';

const ACTS_AT = 1_000;

export function GuardPanel({ release }: { release: Release }) {
  const { t } = useWords();
  const { guard } = release;
  return (
    <Panel title={t('guard.title')} aside={t('guard.aside')}>
      {guard === null ? (
        <p>{release.kind === 'rollback' ? t('guard.none.rollback') : t('guard.none')}</p>
      ) : (
        <Evidence guard={guard} />
      )}
    </Panel>
  );
}

function Evidence({ guard }: { guard: ReleaseGuard }) {
  const { t, number, percent } = useWords();
  const { e, tolerance, opening, starting, held_back } = guard;
  // From "none" at 1 to "proven" at 1,000, each factor of ten a third.
  const way = Math.min(Math.max(Math.log10(Math.max(e, 1)) / Math.log10(ACTS_AT), 0), 1);
  const trials = (trial: { passed: number; failed: number }) =>
    t('guard.trials', { failed: trial.failed, all: trial.failed + trial.passed });
  return (
    <div className={styles['evidence']}>
      <div>
        <p>
          {t('guard.evidence', {
            evidence: e < 10 ? number(Math.round(e * 100) / 100) : number(Math.min(Math.round(e), ACTS_AT)),
          })}
        </p>
        <div className={styles['scale']} aria-hidden="true">
          <span
            style={{ inlineSize: `${way * 100}%` }}
            data-tone={e >= 20 ? (e >= ACTS_AT ? 'bad' : 'warn') : 'good'}
          />
        </div>
      </div>
      <Facts
        facts={[
          [t('guard.opening'), trials(opening)],
          [t('guard.starting'), trials(starting)],
          [t('guard.tolerance'), percent(tolerance)],
          ...(held_back > 0 ? [[t('guard.heldBack'), number(held_back)] as const] : []),
        ]}
      />
    </div>
  );
}
