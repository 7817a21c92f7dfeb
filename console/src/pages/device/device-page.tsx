// Why does it run what it runs?

import type { Device } from '@overair/protocol/manage/device';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { deviceLog, device as deviceQuery, explanation } from '../../api/queries.ts';
import { Moment } from '../../ui/moment.tsx';
import { Facts, Page, Panel } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';
import { DeviceEvents } from './device-events.tsx';
import { DeviceVerdict } from './device-verdict.tsx';
import { ForceChannel } from './force-channel.tsx';
import { Ladder } from './ladder.tsx';
import { runningName } from './running-name.ts';

const route = getRouteApi('/signed-in/app/$app/devices/$device');

export function DevicePage() {
  const { t } = useWords();
  const { app, device: device_id } = route.useParams();
  const query = useQuery(deviceQuery(app, device_id));
  const why = useQuery(explanation(app, device_id));
  const log = useQuery(deviceLog(app, device_id));
  return (
    <Page
      title={query.data?.custom_id || t('device.title')}
      tabTitle={`${device_id} · ${app}`}
      lead={<code>{device_id}</code>}
    >
      <Answered query={query} rows={4}>
        {(device) => (
          <>
            <Answered query={why} rows={1}>
              {(explained) => <DeviceVerdict device={device} why={explained} />}
            </Answered>
            <Panel title={t('device.facts')}>
              <DeviceFacts device={device} />
            </Panel>
            <Answered query={why} rows={5}>
              {(explained) => <Ladder why={explained} />}
            </Answered>
            <ForceChannel app={app} device={device} />
          </>
        )}
      </Answered>
      <Answered query={log} rows={4}>
        {({ data }) => <DeviceEvents app={app} device_id={device_id} events={data} />}
      </Answered>
    </Page>
  );
}

function DeviceFacts({ device }: { device: Device }) {
  const { t } = useWords();
  const since = (at: string | null) => at !== null && <Moment at={at} />;
  return (
    <Facts
      facts={[
        [
          t('word.running'),
          <span key="running">
            {runningName(device, t)} {since(device.running_since)}
          </span>,
        ],
        [
          t('device.offeredLast'),
          device.offered_version === null ? (
            t('device.never')
          ) : (
            <span key="offered">
              {device.offered_version} {since(device.offered_at)}
            </span>
          ),
        ],
        [t('label.platform'), `${device.platform} ${device.os_version}`],
        [t('devices.native'), device.version_build],
        [t('device.plugin'), device.plugin_version],
        [
          t('device.build'),
          t(device.is_prod ? 'device.build.production' : 'device.build.development') +
            (device.is_emulator ? `, ${t('device.emulator')}` : ''),
        ],
        [t('device.forced'), device.channel ?? t('device.notForced')],
      ]}
    />
  );
}
