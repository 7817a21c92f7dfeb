// Events, the newest first. What failed is marked, and each leads to its device.

import { isFailure } from '@overair/protocol/device/actions';
import { Link } from '@tanstack/react-router';
import type { LiveEvent } from '../../api/event-stream.ts';
import { Mark } from '../../ui/mark.tsx';
import { Moment } from '../../ui/moment.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './events.module.css';

/** The rest is behind a filter: nobody reads hundreds. */
const SHOWN = 100;

export function EventRows({ app, events }: { app: string; events: readonly LiveEvent[] }) {
  const { t } = useWords();
  const columns: Column<LiveEvent>[] = [
    {
      name: t('events.action'),
      cell: ({ action }) => (isFailure(action) ? <Mark tone="bad">{action}</Mark> : <code>{action}</code>),
    },
    { name: t('release.bundle'), cell: ({ bundle, version_name }) => bundle ?? version_name ?? '–' },
    {
      name: t('devices.device'),
      cell: ({ device_id }) => (
        <Link className={styles['device']} to="/app/$app/devices/$device" params={{ app, device: device_id }}>
          {device_id.slice(0, 8)}
        </Link>
      ),
    },
    { name: t('label.platform'), cell: ({ platform, version_build }) => `${platform} ${version_build ?? ''}` },
    { name: t('label.channel'), cell: ({ channel }) => channel ?? '–' },
    { name: t('events.more'), cell: ({ metadata }) => <Details metadata={metadata} /> },
    { name: t('label.when'), cell: ({ occurred_at }) => <Moment at={occurred_at} /> },
  ];
  return <Table caption={t('events.tail')} columns={columns} rows={events.slice(0, SHOWN)} keyOf={({ id }) => id} />;
}

function Details({ metadata }: Pick<LiveEvent, 'metadata'>) {
  const parts = Object.entries(metadata ?? {}).map(([name, value]) => `${name}: ${value}`);
  return <span className={styles['details']}>{parts.join(' · ') || '–'}</span>;
}
