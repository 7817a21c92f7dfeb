// /device/log and /device/explain: what happened on a phone, and why it does or does not get an update.

import { DeviceLog, ExplainDevice, Explanation, ReadDeviceLog } from '@overair/protocol/manage/device-log';
import { AppError } from '../../errors.ts';
import { cannotAccessApp } from '../../releases/errors.ts';
import { readLog } from '../../stats/log.ts';
import { explainDevice } from '../../updates/explain.ts';
import type { Parts } from '../../wiring.ts';
import type { AddRoute } from './route.ts';

const onApp = ({ app_id }: { app_id: string }) => ({ app_id });

export function deviceLogRoutes(add: AddRoute, { sightings, snapshots }: Pick<Parts, 'sightings' | 'snapshots'>): void {
  add({
    method: 'GET',
    url: '/device/log',
    summary: 'What a device reported and what it was told, oldest first',
    auth: 'key',
    input: ReadDeviceLog,
    needs: { permission: 'app.read_devices', on: onApp, refuse: cannotAccessApp },
    answer: DeviceLog,
    async run({ db, input: { app_id, device_id, after, limit = 100 } }) {
      return readLog(db, { app_id, device_id, limit, ...(after && { after }) });
    },
  });

  add({
    method: 'GET',
    url: '/device/explain',
    summary: 'Why a device does, or does not, get an update',
    auth: 'key',
    input: ExplainDevice,
    needs: { permission: 'app.read_devices', on: onApp, refuse: cannotAccessApp },
    answer: Explanation,
    async run({ db, input: { app_id, device_id } }) {
      // What the device said a moment ago may still wait to be written.
      await sightings.flush();
      const state = await snapshots.get(app_id);
      const explained = state && (await explainDevice(db, state, device_id));
      if (!explained) throw new AppError('device_not_found', 404, 'Cannot find device', { device_id });
      return explained;
    },
  });
}
