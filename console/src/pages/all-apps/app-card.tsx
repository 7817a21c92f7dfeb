// One app: what needs somebody, else what its phones run.

import type { App } from '@overair/protocol/manage/app';
import type { Matter } from '@overair/protocol/manage/attention';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { outcomes, releases } from '../../api/queries.ts';
import { Mark } from '../../ui/mark.tsx';
import { Moment } from '../../ui/moment.tsx';
import { matterSentence, matterTone } from '../../words/matters.ts';
import { current } from '../../words/needs.ts';
import { useWords } from '../../words/words.tsx';
import styles from './all-apps.module.css';

export function AppCard({ app, matter }: { app: App; matter: Matter | undefined }) {
  const { t, number } = useWords();
  const { data: all } = useQuery(releases(app.app_id));
  const { data: counted } = useQuery(outcomes(app.app_id, { bucket: 'day' }));
  const [newest] = all ?? [];
  const served = all === undefined ? [] : current(all).filter(({ state }) => state !== 'stopped');
  return (
    <article className={styles['card']} data-row data-needs={matter?.severity}>
      <div className={styles['cardHead']}>
        <h2>
          <Link to="/app/$app" params={{ app: app.app_id }}>
            {app.name}
          </Link>
        </h2>
        {matter === undefined ? (
          <Mark tone={served.length === 0 ? 'neutral' : 'good'}>
            {served.length === 0 ? t('allApps.card.empty') : t('allApps.card.well')}
          </Mark>
        ) : (
          <Mark tone={matterTone(matter)}>{t(`matter.severity.${matter.severity}`)}</Mark>
        )}
      </div>
      <p className={styles['id']}>{app.app_id}</p>
      {matter && <p>{matterSentence(matter, t)}</p>}
      <p className={styles['served']}>
        {served.map(({ id, channel, bundle }) => (
          <span key={id}>
            {channel}: <strong>{bundle}</strong>
          </span>
        ))}
      </p>
      <p className={styles['id']}>
        {counted && t('allApps.card.running', { count: counted.total.running, phones: number(counted.total.running) })}
        {newest && (
          <>
            {' · '}
            {t('allApps.card.newest')} <Moment at={newest.started_at} />
          </>
        )}
      </p>
    </article>
  );
}
