// /devices: tags and alias of a device, when it was seen, import of native tokens, and deletion.

import { changeDevice, deleteDevice, getDevice, listDeviceTags, listSeen } from '../../push/audience/devices.ts';
import { registerDevice } from '../../push/audience/registration.ts';
import { Fields } from '../../push/fields.ts';
import type { PushRoom } from '../../push/room.ts';
import { formatTime } from '../../push/schedule/trigger.ts';
import { DAY_MS } from '../../utc-day.ts';
import { DeviceAnswer, DeviceStatuses, Done, done, TokenResults } from './answers.ts';
import { parseTokenImport, type TokenToImport } from './dialect/import-tokens.ts';
import { parseDeviceChange } from './dialect/labels.ts';
import { pushError } from './dialect/numbers.ts';
import { param, readJsonObject } from './input.ts';
import type { AddRoute } from './route.ts';

const MAX_STATUS_IDS = 1000;
const TWO_DAYS_MS = 2 * DAY_MS;

export function registeredDeviceRoutes(add: AddRoute, room: PushRoom): void {
  add({
    method: 'GET',
    url: '/devices/:registration_id',
    auth: 'app',
    answer: DeviceAnswer,
    async run({ app: { app_id }, request }) {
      const device = await getDevice(room.db, app_id, param(request, 'registration_id'));
      return { tags: await listDeviceTags(room.db, app_id, device.id), alias: device.alias ?? '' };
    },
  });

  add({
    method: 'POST',
    url: '/devices/:registration_id',
    auth: 'app',
    answer: Done,
    async run({ app: { app_id }, request }) {
      const change = parseDeviceChange(readJsonObject(request));
      await changeDevice(room.db, app_id, param(request, 'registration_id'), change);
      return done;
    },
  });

  add({
    method: 'DELETE',
    url: '/devices/:registration_id',
    auth: 'app',
    answer: Done,
    async run({ app: { app_id }, request }) {
      if (!(await deleteDevice(room.db, app_id, param(request, 'registration_id')))) throw pushError(27002);
      return done;
    },
  });

  add({
    method: 'POST',
    url: '/devices/status',
    auth: 'app',
    answer: DeviceStatuses,
    run({ app: { app_id }, request }) {
      const ids = new Fields(readJsonObject(request), '').list('registration_ids', MAX_STATUS_IDS, 40);
      if (!ids) throw pushError(21002, 'registration_ids');
      return listStatuses(room, app_id, ids);
    },
  });

  add({
    method: 'POST',
    url: '/devices/token/registration_id',
    auth: 'app',
    answer: TokenResults,
    async run({ app, request }) {
      return { results: await importTokens(room, app.app_id, parseTokenImport(room, readJsonObject(request))) };
    },
  });
}

async function listStatuses(room: PushRoom, app_id: string, ids: readonly string[]) {
  const seen = new Map((await listSeen(room.db, app_id, ids)).map((row) => [row.registration_id, row]));
  return ids.map((regid) => {
    const row = seen.get(regid);
    const at = row?.last_seen_at.getTime() ?? 0;
    if (!row || row.online || Date.now() - at > TWO_DAYS_MS) return { regid, online: row?.online ?? false };
    return { regid, online: false, last_online_time: formatTime(at) };
  });
}

/** One result per token, in the order of the tokens. */
async function importTokens(room: PushRoom, app_id: string, tokens: readonly TokenToImport[]) {
  const results = [];
  for (const each of tokens) {
    if ('wrong' in each) {
      results.push({ token: each.token, is_new: false, code: 21003, message: each.wrong });
    } else {
      const { registration_id, is_new } = await registerDevice(room.db, room.vault, app_id, each.registration);
      results.push({ token: each.token, registration_id, is_new, code: 0 });
    }
  }
  return results;
}
