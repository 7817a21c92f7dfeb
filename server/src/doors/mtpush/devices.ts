// /devices: tags and alias of a device, when it was seen, import of native tokens, and deletion.

import type { FastifyInstance } from 'fastify';
import { changeDevice, deleteDevice, getDevice, listDeviceTags, listSeen } from '../../push/audience/devices.ts';
import { registerDevice } from '../../push/audience/registration.ts';
import { Fields } from '../../push/fields.ts';
import type { PushRoom } from '../../push/room.ts';
import { formatTime } from '../../push/schedule/trigger.ts';
import type { Access } from './access.ts';
import { DeviceAnswer, DeviceStatuses, Done, done, TokenResults } from './answers.ts';
import { parseTokenImport, type TokenToImport } from './dialect/import-tokens.ts';
import { parseDeviceChange } from './dialect/labels.ts';
import { pushError } from './dialect/numbers.ts';
import { param, readJsonObject } from './input.ts';

const MAX_STATUS_IDS = 1000;
const TWO_DAYS_MS = 2 * 86_400_000;

export function deviceRoutes(scope: FastifyInstance, room: PushRoom, access: Access): void {
  scope.get('/devices/:registration_id', { schema: { response: { 200: DeviceAnswer } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    const device = await getDevice(room.db, app_id, param(request, 'registration_id'));
    return { tags: await listDeviceTags(room.db, app_id, device.id), alias: device.alias ?? '' };
  });

  scope.post('/devices/:registration_id', { schema: { response: { 200: Done } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    const change = parseDeviceChange(readJsonObject(request));
    await changeDevice(room.db, app_id, param(request, 'registration_id'), change);
    return done;
  });

  scope.delete('/devices/:registration_id', { schema: { response: { 200: Done } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    if (!(await deleteDevice(room.db, app_id, param(request, 'registration_id')))) throw pushError(27002);
    return done;
  });

  scope.post('/devices/status', { schema: { response: { 200: DeviceStatuses } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    const ids = new Fields(readJsonObject(request), '').list('registration_ids', MAX_STATUS_IDS, 40);
    if (!ids) throw pushError(21002, 'registration_ids');
    return listStatuses(room, app_id, ids);
  });

  const tokens = { response: { 200: TokenResults } };
  scope.post('/devices/token/registration_id', { schema: tokens }, async (request, reply) => {
    const app = await access.app(request, reply);
    return { results: await importTokens(room, app.app_id, parseTokenImport(room, readJsonObject(request))) };
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
