// How long will this machine do?

import type { ServerState } from '@overair/protocol/manage/server';
import { useQuery } from '@tanstack/react-query';
import { useOpenMatters } from '../../api/needs.ts';
import { server as serverQuery } from '../../api/queries.ts';
import { MatterList } from '../../shell/matter-list.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Facts, Page, Panel, Verdict } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { matterTone } from '../../words/matters.ts';
import { useWords } from '../../words/words.tsx';

export function ServerPage() {
  const { t } = useWords();
  const query = useQuery(serverQuery);
  return (
    <Page title={t('nav.server')} lead={query.data?.public_url}>
      <Answered query={query} rows={4}>
        {(state) => <Server state={state} />}
      </Answered>
    </Page>
  );
}

function Server({ state }: { state: ServerState }) {
  const { t, bytes } = useWords();
  const matters = (useOpenMatters() ?? []).filter(({ app_id }) => app_id === null);
  const { version, node, started_at, database, storage } = state;
  return (
    <>
      <Answer state={state} matters={matters} />
      <MatterList matters={matters} />
      <Disks processes={state.processes} />
      <Panel title={t('release.facts')}>
        <Facts
          facts={[
            [t('server.version'), `Overair ${version}`],
            ['Node', node],
            [t('server.started'), <Moment key="at" at={started_at} />],
            [t('server.database'), t(database.engine === 'postgres' ? 'server.postgres' : 'server.embedded')],
            [t('server.databaseSize'), bytes(database.bytes)],
            [t('server.storage'), t(storage === 's3' ? 'server.s3' : 'server.folder')],
          ]}
        />
      </Panel>
      <Processes processes={state.processes} />
      <Queues queues={state.queues} />
    </>
  );
}

interface AnswerProps {
  readonly state: ServerState;
  readonly matters: NonNullable<ReturnType<typeof useOpenMatters>>;
}

function Answer({ state, matters }: AnswerProps) {
  const { t, bytes } = useWords();
  const [first] = matters;
  if (first) {
    return (
      <Verdict tone={matterTone(first)} icon={<Icon name="warn" size={26} />}>
        {t('server.needs', { count: matters.length })}
      </Verdict>
    );
  }
  const free = state.processes.flatMap(({ disks }) => disks.map(({ free_bytes }) => free_bytes));
  return (
    <Verdict tone="good" icon={<Icon name="good" size={26} />} sub={t('server.sub')}>
      {free.length === 0 ? t('server.well') : t('server.well.disk', { free: bytes(Math.min(...free)) })}
    </Verdict>
  );
}

function Disks({ processes }: Pick<ServerState, 'processes'>) {
  const { t, bytes, percent } = useWords();
  const disks = processes.flatMap(({ host, disks: own }) => own.map((disk) => ({ host, ...disk })));
  if (disks.length === 0) return null;
  return (
    <Panel title={t('server.disks')}>
      <Table
        caption={t('server.disks')}
        rows={disks}
        keyOf={({ host, folder }) => `${host} ${folder}`}
        columns={[
          { name: t('server.host'), cell: ({ host }) => host },
          { name: t('server.path'), cell: ({ folder }) => <code>{folder}</code> },
          { name: t('server.free'), isNumber: true, cell: ({ free_bytes }) => bytes(free_bytes) },
          {
            name: t('server.full'),
            isNumber: true,
            cell: ({ free_bytes, size_bytes }) => percent(size_bytes === 0 ? 0 : 1 - free_bytes / size_bytes),
          },
        ]}
      />
    </Panel>
  );
}

function Processes({ processes }: Pick<ServerState, 'processes'>) {
  const { t } = useWords();
  return (
    <Panel title={t('server.processes')}>
      <Table
        caption={t('server.processes')}
        rows={processes.map((process, index) => ({ index, ...process }))}
        keyOf={({ index }) => index}
        columns={[
          { name: t('server.host'), cell: ({ host }) => host },
          { name: t('server.roles'), cell: ({ roles }) => roles.join(', ') },
          {
            name: t('server.changes'),
            cell: ({ changes }) => (
              <Mark tone={changes === 'heard' ? 'good' : 'warn'}>
                {t(changes === 'heard' ? 'server.changes.heard' : 'server.changes.polled')}
              </Mark>
            ),
          },
          { name: t('server.reported'), cell: ({ reported_at }) => <Moment at={reported_at} /> },
        ]}
      />
    </Panel>
  );
}

function Queues({ queues }: Pick<ServerState, 'queues'>) {
  const { t, number } = useWords();
  return (
    <Panel title={t('server.queues')}>
      {queues.length === 0 ? (
        <p>{t('server.queues.none')}</p>
      ) : (
        <Table
          caption={t('server.queues')}
          rows={queues}
          keyOf={({ queue }) => queue}
          columns={[
            { name: t('server.queue'), cell: ({ queue }) => <code>{queue}</code> },
            { name: t('server.due'), isNumber: true, cell: ({ due }) => number(due) },
            { name: t('server.since'), cell: ({ oldest_at }) => oldest_at && <Moment at={oldest_at} /> },
          ]}
        />
      )}
    </Panel>
  );
}
