// Devices, what each runs, and what it was offered and does not run yet.

import type { Device } from '@overair/protocol/manage/device';
import { Link } from '@tanstack/react-router';
import { Moment } from '../../ui/moment.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { useWords } from '../../words/words.tsx';
import { runningName } from '../device/running-name.ts';
import styles from './devices.module.css';

export function DeviceRows({ app, rows }: { app: string; rows: readonly Device[] }) {
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
  return <Table caption={t('nav.devices')} columns={columns} rows={rows} keyOf={({ device_id }) => device_id} />;
}

/** Only what it does not run yet: an offer that runs says nothing new. */
function Offered({ device: { offered_version, running_version } }: { device: Device }) {
  if (offered_version === null || offered_version === running_version)
    return <span className={styles['pending']}>–</span>;
  return <span>{offered_version}</span>;
}
