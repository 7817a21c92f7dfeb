// Who gets what?

import type { Channel } from '@overair/protocol/manage/channel';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { channels } from '../../api/queries.ts';
import { Mark } from '../../ui/mark.tsx';
import { Page, Panel } from '../../ui/page.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { rulesOf } from '../../words/channel-rules.ts';
import { useWords } from '../../words/words.tsx';
import { Serves } from '../channel/serves.tsx';

const route = getRouteApi('/signed-in/app/$app/channels');

export function ChannelsPage() {
  const { t } = useWords();
  const { app } = route.useParams();
  const query = useQuery(channels(app));
  const columns: Column<Channel>[] = [
    {
      name: t('label.channel'),
      cell: ({ name, public: isDefault }) => (
        <>
          <Link to="/app/$app/channels/$name" params={{ app, name }}>
            {name}
          </Link>{' '}
          {isDefault && (
            <Mark tone="neutral" icon="good">
              {t('channel.default')}
            </Mark>
          )}
        </>
      ),
    },
    { name: t('channel.serves'), cell: (channel) => <Serves channel={channel} /> },
    {
      name: t('channel.who'),
      cell: (channel) => {
        const [who] = rulesOf(channel);
        return who && t(who.id, who.values);
      },
    },
  ];
  return (
    <Page title={t('nav.channels')} tabTitle={`${t('nav.channels')} · ${app}`} lead={t('channels.lead')}>
      <Panel>
        <Answered query={query} rows={4}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty sentence={t('channels.none')} command={`overair channel add production ${app} --default`} />
            ) : (
              <Table caption={t('nav.channels')} columns={columns} rows={rows} keyOf={({ id }) => id} />
            )
          }
        </Answered>
      </Panel>
    </Page>
  );
}
