// Who may do what?

import type { Member } from '@overair/protocol/manage/member';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { members } from '../../api/organization-queries.ts';
import { me } from '../../api/queries.ts';
import { Mark } from '../../ui/mark.tsx';
import { Page, Panel } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { rightLabel, rightOf } from '../../words/rights.ts';
import { useWords } from '../../words/words.tsx';
import { Invite } from './invite.tsx';
import { ChangeRight, RemoveMember } from './member-acts.tsx';

const route = getRouteApi('/signed-in/org/$org/members');

export function MembersPage() {
  const { t } = useWords();
  const { org } = route.useParams();
  const query = useQuery(members(org));
  return (
    <Page title={t('nav.members')} lead={t('members.lead')} actions={<Invite org={org} />}>
      <Panel>
        <Answered query={query} rows={4}>
          {(rows) => <Members org={org} rows={rows} />}
        </Answered>
      </Panel>
    </Page>
  );
}

function Members({ org, rows }: { org: string; rows: readonly Member[] }) {
  const { t } = useWords();
  const { data: person } = useQuery(me);
  const columns: Column<Member>[] = [
    {
      name: t('members.person'),
      cell: ({ email, is_tmp }) => (
        <span>
          <strong>{email}</strong> {email === person?.person.email && <Mark tone="good">{t('members.you')}</Mark>}
          {is_tmp && <Mark tone="neutral">{t('members.invited')}</Mark>}
        </span>
      ),
    },
    { name: t('members.may'), cell: (member) => rightLabel(rightOf(member), t) },
    {
      name: t('label.deed'),
      cell: (member) => (
        <span>
          {!member.is_tmp && <ChangeRight org={org} member={member} />}
          <RemoveMember org={org} member={member} />
        </span>
      ),
    },
  ];
  return <Table caption={t('nav.members')} columns={columns} rows={rows} keyOf={({ uid }) => uid} />;
}
