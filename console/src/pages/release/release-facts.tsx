// Who released what, with its notes, and how long phones took.

import type { Outcomes } from '@overair/protocol/manage/outcomes';
import type { Release } from '@overair/protocol/manage/release';
import { Moment } from '../../ui/moment.tsx';
import { Facts, Panel } from '../../ui/page.tsx';
import { actorOf } from '../../words/release-sentences.ts';
import { useWords } from '../../words/words.tsx';

export function ReleaseFacts({ release, latency }: { release: Release; latency: Outcomes['latency'] }) {
  const { t, duration } = useWords();
  const all = latency.find(({ platform }) => platform === 'all');
  return (
    <Panel title={t('release.facts')}>
      <Facts
        facts={[
          [t('label.by'), actorOf(release, t)],
          [t('label.when'), <Moment key="at" at={release.started_at} />],
          ...(release.ended_at === null
            ? []
            : [[t('release.ended'), <Moment key="end" at={release.ended_at} />] as const]),
          [t('release.before'), release.previous],
          ...(all && all.devices > 0
            ? [
                [
                  t('release.latency'),
                  t('release.latency.value', { half: duration(all.p50), most: duration(all.p95) }),
                ] as const,
              ]
            : []),
          ...(release.key_id === null
            ? []
            : [[t('release.signedWith'), <code key="key">{release.key_id}</code>] as const]),
          ...(release.notes === null ? [] : [[t('release.notes'), release.notes] as const]),
          ...(isWeb(release.link)
            ? [
                [
                  t('release.link'),
                  <a key="link" href={release.link} rel="noreferrer noopener" target="_blank">
                    {release.link}
                  </a>,
                ] as const,
              ]
            : []),
        ]}
      />
    </Panel>
  );
}

/** A link is text that somebody wrote: only one of the web becomes one. */
const isWeb = (link: string | null): link is string => link !== null && /^https?:\/\//i.test(link);
