// What a channel serves at present, and what became of it on phones.

import type { Release } from '@overair/protocol/manage/release';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { outcomes } from '../../api/queries.ts';
import { Mark } from '../../ui/mark.tsx';
import { Moment } from '../../ui/moment.tsx';
import { OutcomeBar } from '../../ui/outcome-bar.tsx';
import { Panel } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { stateLabel, stateTone } from '../../words/release-sentences.ts';
import { useWords } from '../../words/words.tsx';
import styles from './now.module.css';

export function RunningRelease({ app, release }: { app: string; release: Release }) {
  const { t } = useWords();
  const { bundle, channel } = release;
  const query = useQuery(outcomes(app, { bundle, channel, bucket: 'hour' }));
  return (
    <Panel>
      <div className={styles['head']}>
        <h2>
          <Link to="/app/$app/releases/$id" params={{ app, id: String(release.id) }}>
            {t('release.onChannel', { bundle, channel })}
          </Link>
        </h2>
        <Mark tone={stateTone[release.state]}>{t(stateLabel[release.state])}</Mark>
        <span className={styles['quiet']}>
          {t('release.since')} <Moment at={release.started_at} />
        </span>
      </div>
      <Answered query={query} rows={1}>
        {({ total }) => <OutcomeBar counts={total} />}
      </Answered>
    </Panel>
  );
}
