// Who gets what on this channel, by which rules?

import type { Channel } from '@overair/protocol/manage/channel';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { channel as channelQuery, outcomes, releases } from '../../api/queries.ts';
import { Mark } from '../../ui/mark.tsx';
import { Page, Panel } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { rulesOf } from '../../words/channel-rules.ts';
import { current } from '../../words/needs.ts';
import { useWords } from '../../words/words.tsx';
import styles from './channel.module.css';
import { ChannelSettings } from './channel-settings.tsx';
import { Promote } from './promote.tsx';
import { Serves } from './serves.tsx';

const route = getRouteApi('/signed-in/app/$app/channels/$name');

export function ChannelPage() {
  const { t } = useWords();
  const { app, name } = route.useParams();
  const query = useQuery(channelQuery(app, name));
  return (
    <Page
      title={name}
      tabTitle={`${name} · ${app}`}
      lead={
        query.data?.public ? (
          <Mark tone="neutral" icon="good">
            {t('channel.default')}
          </Mark>
        ) : undefined
      }
    >
      <Answered query={query} rows={5}>
        {(channel) => <OneChannel app={app} channel={channel} />}
      </Answered>
    </Page>
  );
}

function OneChannel({ app, channel }: { app: string; channel: Channel }) {
  const { t } = useWords();
  const { data: released } = useQuery(releases(app, channel.name));
  const { data: counted } = useQuery(outcomes(app, { channel: channel.name, bucket: 'day' }));
  const [now] = released === undefined ? [] : current(released);
  return (
    <>
      <Panel title={t('channel.serves')}>
        <div className={styles['serves']}>
          <p className={styles['bundle']}>
            <Serves channel={channel} />
          </p>
          {now && (
            <Link to="/app/$app/releases/$id" params={{ app, id: String(now.id) }}>
              {t('channel.toRelease')}
            </Link>
          )}
          <Promote app={app} channel={channel} running={counted?.total.running ?? 0} />
        </div>
      </Panel>
      <Panel title={t('channel.rules')}>
        <ul className={styles['rules']}>
          {rulesOf(channel).map(({ id, values }) => (
            <li key={id}>{t(id, values)}</li>
          ))}
        </ul>
      </Panel>
      <ChannelSettings app={app} channel={channel} />
    </>
  );
}
