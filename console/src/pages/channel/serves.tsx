// Which bundle a channel offers, and which share of its phones another one.

import type { Channel } from '@overair/protocol/manage/channel';
import { useWords } from '../../words/words.tsx';

export function Serves({ channel }: { channel: Channel }) {
  const { t, percent } = useWords();
  const { version, rollout_version_info: rollout, rolloutPausedAt } = channel;
  const stable = version?.name ?? 'builtin';
  if (rollout === null) return <strong>{stable === 'builtin' ? t('channel.servesNothing') : stable}</strong>;
  const share = percent(channel.rolloutPercentageBps / 10_000);
  return (
    <span>
      <strong>{stable}</strong>{' '}
      {rolloutPausedAt === null && channel.rolloutEnabled
        ? t('channel.rollout', { bundle: rollout.name, share })
        : t('channel.rollout.stopped', { bundle: rollout.name })}
    </span>
  );
}
