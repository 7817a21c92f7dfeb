// Where the person is signed in, with the way to end it.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { sessions } from '../../api/queries.ts';
import { type OwnSession, session } from '../../api/session.ts';
import { Button } from '../../ui/button.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Panel } from '../../ui/page.tsx';
import { Answered, Fault } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { browserOf } from '../../words/browser-name.ts';
import { useWords } from '../../words/words.tsx';

export function Sessions() {
  const { t } = useWords();
  const cache = useQueryClient();
  const query = useQuery(sessions);
  const end = useMutation({
    mutationFn: (id: string | undefined) => (id === undefined ? session.endOthers() : session.end(id)),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['me', 'sessions'] }),
  });
  const columns: Column<OwnSession>[] = [
    { name: t('sessions.browser'), cell: ({ user_agent }) => browserOf(user_agent) ?? t('sessions.unknown') },
    { name: t('sessions.address'), cell: ({ ip_address }) => ip_address ?? '–' },
    { name: t('sessions.used'), cell: ({ updated_at }) => <Moment at={updated_at} /> },
    {
      name: t('label.deed'),
      cell: ({ id, is_current }) =>
        is_current ? (
          <Mark tone="good">{t('sessions.this')}</Mark>
        ) : (
          <Button kind="quiet" onClick={() => end.mutate(id)}>
            {t('sessions.end')}
          </Button>
        ),
    },
  ];
  return (
    <Panel title={t('sessions.title')}>
      <Answered query={query} rows={2}>
        {(rows) => (
          <>
            <Table caption={t('sessions.title')} columns={columns} rows={rows} keyOf={({ id }) => id} />
            {rows.length > 1 && <Button onClick={() => end.mutate(undefined)}>{t('sessions.endOthers')}</Button>}
          </>
        )}
      </Answered>
      {end.error && <Fault error={end.error} />}
    </Panel>
  );
}
