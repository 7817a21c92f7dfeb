// Whom it would reach now: the number, by platform, and who is left out and why.

import type { GroupPushReach } from '@overair/protocol/manage/push-send';
import type { UseQueryResult } from '@tanstack/react-query';
import { Icon } from '../../ui/icons.tsx';
import { Fault } from '../../ui/states.tsx';
import { platformName } from '../../words/push.ts';
import { useWords } from '../../words/words.tsx';
import styles from './compose.module.css';

interface ReachViewProps {
  readonly query: UseQueryResult<GroupPushReach>;
  readonly isGroup: boolean;
}

export function ReachView({ query, isGroup }: ReachViewProps) {
  const { t } = useWords();
  const { data, error, isEnabled } = query;
  return (
    <div className={styles['reach']} role="status" data-busy={query.isFetching}>
      {!isEnabled && <p>{t('compose.reach.first')}</p>}
      {isEnabled && error && <Fault error={error} />}
      {isEnabled && !error && data && <Reached reached={data} isGroup={isGroup} />}
    </div>
  );
}

export function Reached({ reached, isGroup }: { reached: GroupPushReach; isGroup: boolean }) {
  const { t, number } = useWords();
  const { devices, is_more, apps } = reached;
  return (
    <>
      <p className={styles['count']}>
        <Icon name="devices" size={20} />
        {t(is_more ? 'compose.reach.more' : 'compose.reach', { count: devices, devices: number(devices) })}
      </p>
      <ul>
        {apps.map(({ app_id, name, platforms, skipped, refusal, devices: own }) => (
          <li key={app_id}>
            {isGroup && <strong>{name}: </strong>}
            {refusal ? <span lang="en">{refusal}</span> : (partsOf(platforms) ?? number(own))}
            {skipped.map(({ platform, reason }) => (
              <span key={platform} className={styles['skipped']} lang="en">
                {platformName(platform, t)}: {reason}
              </span>
            ))}
          </li>
        ))}
      </ul>
    </>
  );

  function partsOf(platforms: Readonly<Record<string, number>>): string | undefined {
    const parts = Object.entries(platforms).map(([platform, count]) => `${number(count)} ${platformName(platform, t)}`);
    return parts.length === 0 ? undefined : parts.join(', ');
  }
}
