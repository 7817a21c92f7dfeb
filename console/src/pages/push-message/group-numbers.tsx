// The same message in every app of its group.

import type { GroupMessage } from '@overair/protocol/manage/push-send';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { groupMessage } from '../../api/push-queries.ts';
import { app as appQuery } from '../../api/queries.ts';
import { Panel } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { useWords } from '../../words/words.tsx';

type Row = GroupMessage['apps'][number];

export function GroupNumbers({ app, group_msgid }: { app: string; group_msgid: string }) {
  const { t } = useWords();
  const { data: owned } = useQuery(appQuery(app));
  const orgId = owned?.owner_org ?? '';
  const query = useQuery({ ...groupMessage(orgId, group_msgid), enabled: orgId !== '' });
  return (
    <Panel title={t('push.inGroup', { group: query.data?.group_name ?? '' })} aside={t('push.inGroup.aside')}>
      <Answered query={query} rows={2}>
        {({ apps }) => <Apps rows={apps} />}
      </Answered>
    </Panel>
  );
}

function Apps({ rows }: { rows: readonly Row[] }) {
  const { t, number } = useWords();
  const count = (name: string, of: (row: Row) => number): Column<Row> => ({
    name,
    isNumber: true,
    cell: (row) => number(of(row)),
  });
  return (
    <Table
      caption={t('push.byApp')}
      rows={rows}
      keyOf={({ app_id }) => app_id}
      columns={[
        {
          name: t('label.app'),
          cell: ({ app_id, msg_id }) => (
            <Link to="/app/$app/push/$message" params={{ app: app_id, message: msg_id }}>
              {app_id}
            </Link>
          ),
        },
        count(t('push.targets'), ({ targets }) => targets),
        count(t('push.sent'), ({ sent }) => sent),
        count(t('push.delivered'), ({ delivered }) => delivered),
        count(t('push.shown'), ({ impressions }) => impressions),
        count(t('push.clicked'), ({ clicks }) => clicks),
        count(t('push.failed'), ({ failed }) => failed),
      ]}
    />
  );
}
