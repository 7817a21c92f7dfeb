// Which program may do what?

import type { ApiKey } from '@overair/protocol/manage/apikey';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { keys } from '../../api/organization-queries.ts';
import { Mark } from '../../ui/mark.tsx';
import { Moment } from '../../ui/moment.tsx';
import { useNow } from '../../ui/now.ts';
import { Page, Panel } from '../../ui/page.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { keyRights, keyState, reaches } from '../../words/key-limits.ts';
import { useWords } from '../../words/words.tsx';
import { NewKey } from './new-key.tsx';
import { RevokeKey } from './revoke-key.tsx';

const route = getRouteApi('/signed-in/org/$org/keys');

export function KeysPage() {
  const { t } = useWords();
  const { org } = route.useParams();
  const query = useQuery(keys);
  return (
    <Page title={t('nav.keys')} lead={t('keys.lead')} actions={<NewKey org={org} />}>
      <Panel>
        <Answered query={query} rows={4}>
          {(all) => {
            const rows = all.filter((key) => reaches(key, org));
            return rows.length === 0 ? <Empty sentence={t('keys.none')} /> : <Keys rows={rows} />;
          }}
        </Answered>
      </Panel>
    </Page>
  );
}

function Keys({ rows }: { rows: readonly ApiKey[] }) {
  const { t } = useWords();
  const columns: Column<ApiKey>[] = [
    { name: t('label.name'), cell: ({ name }) => <strong>{name}</strong> },
    { name: t('keys.may'), cell: (key) => keyRights(key, t) },
    {
      name: t('keys.used'),
      cell: ({ last_used_at, last_used_ip }) =>
        last_used_at === null ? (
          t('keys.never')
        ) : (
          <span>
            <Moment at={last_used_at} /> {last_used_ip}
          </span>
        ),
    },
    { name: t('keys.made'), cell: ({ created_at }) => <Moment at={created_at} /> },
    { name: t('label.state'), cell: (key) => <State apiKey={key} /> },
    { name: t('label.deed'), cell: (key) => <RevokeKey apiKey={key} /> },
  ];
  return <Table caption={t('nav.keys')} columns={columns} rows={rows} keyOf={({ id }) => id} />;
}

function State({ apiKey }: { apiKey: ApiKey }) {
  const { t } = useWords();
  const { tone, id } = keyState(apiKey, useNow());
  return (
    <span>
      <Mark tone={tone}>{t(id)}</Mark> {apiKey.expires_at !== null && <Moment at={apiKey.expires_at} />}
    </span>
  );
}
