// What the device reported and what it was told, the newest first.

import type { DeviceEvent } from '@overair/protocol/manage/device-log';
import { Moment } from '../../ui/moment.tsx';
import { Panel } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './device.module.css';

const SHOWN = 60;

export function DeviceEvents({
  app,
  device_id,
  events,
}: {
  app: string;
  device_id: string;
  events: readonly DeviceEvent[];
}) {
  const { t } = useWords();
  const newest = events.slice(-SHOWN).reverse();
  return (
    <Panel title={t('events.ofDevice')} aside={t('events.ofDevice.aside')}>
      {newest.length === 0 ? (
        <Empty sentence={t('events.ofDevice.none')} command={`overair devices log ${device_id} ${app}`} />
      ) : (
        <ol className={styles['events']}>
          {newest.map(({ action, bundle, version_name, occurred_at, received_at, metadata }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a device may say the same twice in one millisecond
            <li key={`${received_at} ${action} ${index}`} data-row>
              <code>{action}</code>
              <span>{bundle ?? version_name}</span>
              <Moment at={occurred_at} />
              {metadata && (
                <span className={styles['detail']}>
                  {Object.entries(metadata)
                    .map(([name, value]) => `${name}: ${value}`)
                    .join(' · ')}
                </span>
              )}
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
