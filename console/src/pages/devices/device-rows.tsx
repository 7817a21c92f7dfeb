// Devices, what each runs, and what it was offered and does not run yet.

import type { Device } from '@overair/protocol/manage/device';
import { Link } from '@tanstack/react-router';
import { Moment } from '../../ui/moment.tsx';
import type { Column } from '../../ui/table.tsx';
import { VirtualTable } from '../../ui/virtual-table.tsx';
import { useWords } from '../../words/words.tsx';
import { runningName } from '../device/running-name.ts';
import styles from './devices.module.css';

interface DeviceRowsProps {
  readonly app: string;
  readonly rows: readonly Device[];
  /** Those that were not loaded yet among them. */
  readonly total: number;
  readonly onEnd: () => void;
}

export function DeviceRows({ app, rows, total, onEnd }: DeviceRowsProps) {
  const { t } = useWords();
  const columns: Column<Device>[] = [
    {
      name: t('devices.device'),
      cell: ({ device_id, custom_id }) => (
        <span>
          <Link className={styles['device']} to="/app/$app/devices/$device" params={{ app, device: device_id }}>
            {device_id}
          </Link>{' '}
          {custom_id}
        </span>
      ),
    },
    { name: t('word.running'), cell: (device) => <strong>{runningName(device, t)}</strong> },
    { name: t('word.offered'), cell: (device) => <Offered device={device} /> },
    { name: t('label.platform'), cell: ({ platform, os_version }) => `${platform} ${os_version}` },
    { name: t('devices.native'), cell: ({ version_build }) => version_build },
    { name: t('devices.changed'), cell: ({ updated_at }) => <Moment at={updated_at} /> },
  ];
  return (
    <VirtualTable
      caption={t('nav.devices')}
      columns={columns}
      rows={rows}
      total={total}
      keyOf={({ device_id }) => device_id}
      onEnd={onEnd}
    />
  );
}

/** Only what it does not run yet: an offer that runs says nothing new. */
function Offered({ device: { offered_version, running_version } }: { device: Device }) {
  if (offered_version === null || offered_version === running_version)
    return <span className={styles['pending']}>–</span>;
  return <span>{offered_version}</span>;
}
