// /device/log and /device/explain: what happened on a phone, and why it does or does not get an update.

import {
  DeviceLog,
  ExplainDevice,
  Explanation,
  InventedFacts,
  ReadDeviceLog,
} from '@overair/protocol/manage/device-log';
import { AppError } from '../../errors.ts';
import { cannotAccessApp } from '../../releases/errors.ts';
import { readLog } from '../../stats/log.ts';
import { explainDevice } from '../../updates/explain.ts';
import type { Parts } from '../../wiring.ts';
import { inputReader } from './input.ts';
import { momentOf } from './moment.ts';
import type { AddRoute } from './route.ts';

const onApp = ({ app_id }: { app_id: string }) => ({ app_id });

type DeviceLogParts = Pick<Parts, 'sightings' | 'snapshots' | 'config'>;

export function deviceLogRoutes(add: AddRoute, { sightings, snapshots, config }: DeviceLogParts): void {
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
    summary: 'Why a device does, or does not, get an update: now, at a moment of the past, or with invented facts',
    auth: 'key',
    input: ExplainDevice,
    needs: { permission: 'app.read_devices', on: onApp, refuse: cannotAccessApp },
    answer: Explanation,
    async run({ db, input: { app_id, device_id, at: moment, facts: text } }) {
      const at = moment === undefined ? undefined : momentOf('at', moment);
      const facts = text === undefined ? undefined : readFacts(text);
      // What the device said a moment ago may still wait to be written.
      await sightings.flush();
      const state = await snapshots.get(app_id);
      const { statsRetentionDays: retentionDays } = config;
      const explained = state && (await explainDevice(db, state, { device_id, at, facts, retentionDays }));
      if (!explained) throw new AppError('device_not_found', 404, 'Cannot find device', { device_id });
      return explained;
    },
  });
}

const invented = inputReader(InventedFacts);

/** Of a command line every fact is text. */
function readFacts(text: string): InventedFacts {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    fields = undefined;
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new AppError('invalid_facts', 400, 'facts must be a JSON object, as in {"version_build":"2.0.0"}');
  }
  return invented.early({ fields: fields as Record<string, unknown>, isText: true, unread: [] });
}
