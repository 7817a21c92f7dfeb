// The messages of an app, the newest first, each with how far it came.

import type { PushMessages } from '@overair/protocol/manage/push';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Static } from 'typebox';
import { pushMessages } from '../../api/push-queries.ts';
import { Button } from '../../ui/button.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Panel } from '../../ui/page.tsx';
import { Empty, Fault, Skeleton } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { messageState } from '../../words/push.ts';
import { useWords } from '../../words/words.tsx';
import styles from './push.module.css';

type Message = Static<typeof PushMessages>[number];

export function Messages({ app }: { app: string }) {
  const { t, number } = useWords();
  const query = useInfiniteQuery(pushMessages(app));
  const rows = query.data?.pages.flat();
  const count = (name: string, of: (message: Message) => number): Column<Message> => ({
    name,
    isNumber: true,
    cell: (message) => number(of(message)),
  });
  const columns: Column<Message>[] = [
    { name: t('push.message'), cell: (message) => <Words app={app} message={message} /> },
    { name: t('label.when'), cell: ({ created_at }) => <Moment at={created_at} /> },
    count(t('push.targets'), ({ targets }) => targets),
    count(t('push.sent'), ({ sent }) => sent),
    count(t('push.delivered'), ({ delivered }) => delivered),
    count(t('push.shown'), ({ impressions }) => impressions),
    count(t('push.clicked'), ({ clicks }) => clicks),
    count(t('push.failed'), ({ failed }) => failed),
  ];
  return (
    <Panel title={t('push.messages')}>
      {query.error && rows === undefined && <Fault error={query.error} onRetry={query.refetch} />}
      {rows === undefined && !query.error && <Skeleton rows={4} />}
      {rows?.length === 0 && <Empty sentence={t('push.none')} />}
      {rows !== undefined && rows.length > 0 && (
        <Table caption={t('push.messages')} columns={columns} rows={rows} keyOf={({ msg_id }) => msg_id} />
      )}
      {query.hasNextPage && (
        <Button onClick={() => void query.fetchNextPage()} isBusy={query.isFetchingNextPage}>
          {t('action.more')}
        </Button>
      )}
    </Panel>
  );
}

function Words({ app, message }: { app: string; message: Message }) {
  const { t } = useWords();
  const { msg_id, title, text, state, group_msgid } = message;
  const { label, tone } = messageState(state, t);
  return (
    <span className={styles['words']}>
      <Link to="/app/$app/push/$message" params={{ app, message: msg_id }}>
        {title ?? text ?? t('push.silent')}
      </Link>
      {title !== null && text !== null && <span className={styles['text']}>{text}</span>}
      <span className={styles['marks']}>
        {state !== 'sent' && <Mark tone={tone}>{label}</Mark>}
        {group_msgid !== null && (
          <Mark tone="neutral" icon="groups">
            {t('push.group')}
          </Mark>
        )}
      </span>
    </span>
  );
}
