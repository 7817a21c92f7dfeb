// Which audiences are kept for later?

import type { PushSegment } from '@overair/protocol/manage/push';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { segments } from '../../api/push-queries.ts';
import { useObstacle } from '../../api/rights.ts';
import { type Act, ActSheet } from '../../shell/act-sheet.tsx';
import { ButtonLink } from '../../shell/button-link.tsx';
import { Button } from '../../ui/button.tsx';
import { CopyBlock } from '../../ui/copy.tsx';
import { Page, Panel } from '../../ui/page.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { audienceSentence } from '../../words/push.ts';
import { useWords } from '../../words/words.tsx';
import styles from './audiences.module.css';
import { NewAudience } from './new-audience.tsx';

const route = getRouteApi('/signed-in/app/$app/push/audiences');

export function AudiencesPage() {
  const { t } = useWords();
  const { app } = route.useParams();
  const query = useQuery(segments(app));
  return (
    <Page title={t('push.audiences')} tabTitle={`${t('push.audiences')} · ${app}`} lead={t('audiences.lead')}>
      <Panel>
        <Answered query={query} rows={3}>
          {(rows) => (rows.length === 0 ? <Empty sentence={t('audiences.none')} /> : <Rows app={app} rows={rows} />)}
        </Answered>
      </Panel>
      <NewAudience app={app} />
    </Page>
  );
}

function Rows({ app, rows }: { app: string; rows: readonly PushSegment[] }) {
  const { t } = useWords();
  const columns: Column<PushSegment>[] = [
    { name: t('label.name'), cell: ({ name }) => <strong>{name}</strong> },
    { name: t('audiences.who'), cell: ({ audience }) => audienceSentence(audience, t) },
    { name: t('push.id'), cell: ({ segment_id }) => <CopyBlock text={segment_id} label={t('push.id')} /> },
    { name: t('label.deed'), cell: (segment) => <Deeds app={app} segment={segment} /> },
  ];
  return <Table caption={t('push.audiences')} columns={columns} rows={rows} keyOf={({ segment_id }) => segment_id} />;
}

function Deeds({ app, segment: { segment_id, name } }: { app: string; segment: PushSegment }) {
  const { t } = useWords();
  const obstacle = useObstacle(app, 'write');
  const [isOpen, setIsOpen] = useState(false);
  const body = { app_id: app, segment_id };
  const act: Act = {
    title: t('audiences.delete.title', { name }),
    consequence: t('audiences.delete.consequence', { name }),
    wayBack: t('audiences.delete.wayBack'),
    confirm: t('audiences.delete', { name }),
    isDanger: true,
    done: t('audiences.delete.done', { name }),
    call: { method: 'DELETE', path: '/push/segment', body },
    run: () => api.push.deleteSegment(body),
  };
  return (
    <span className={styles['deeds']}>
      <ButtonLink>
        <Link to="/app/$app/push/new" params={{ app }} search={{ segment: segment_id }}>
          {t('audiences.write')}
        </Link>
      </ButtonLink>
      <Button kind="quiet" notNow={obstacle} onClick={() => setIsOpen(true)}>
        {t('audiences.delete', { name })}
      </Button>
      {isOpen && <ActSheet act={act} onClose={() => setIsOpen(false)} />}
    </span>
  );
}
