// The last five changes of what the channels serve.

import type { Release } from '@overair/protocol/manage/release';
import { Link } from '@tanstack/react-router';
import { Moment } from '../../ui/moment.tsx';
import { Panel } from '../../ui/page.tsx';
import { actorOf } from '../../words/release-sentences.ts';
import { useWords } from '../../words/words.tsx';
import styles from './now.module.css';

const SHOWN = 5;

export function LastChanges({ app, releases }: { app: string; releases: readonly Release[] }) {
  const { t } = useWords();
  return (
    <Panel
      title={t('now.changes')}
      aside={
        <Link to="/app/$app/releases" params={{ app }}>
          {t('now.changes.all')}
        </Link>
      }
    >
      <ul className={styles['changes']}>
        {releases.slice(0, SHOWN).map((release) => (
          <li key={release.id} data-row>
            <Link to="/app/$app/releases/$id" params={{ app, id: String(release.id) }}>
              {t(`release.kind.${release.kind}`, {
                bundle: release.bundle,
                previous: release.previous,
                channel: release.channel,
              })}
            </Link>
            <span>{actorOf(release, t)}</span>
            <span className={styles['quiet']}>
              <Moment at={release.started_at} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
