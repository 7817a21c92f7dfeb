// /status and /messages/details: what became of messages, in numbers and device by device.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { listPlanMessages, sumPlans } from '../../push/delivery/plans.ts';
import { describeGroups, describeMessages } from '../../push/delivery/statistics.ts';
import { listDeviceStates, listUserNumbers } from '../../push/delivery/status.ts';
import type { PushRoom } from '../../push/room.ts';
import type { Access } from './access.ts';
import { ById, StatusByDevice, StatusRows, UserStatistics } from './answers.ts';
import { parseMsgId } from './dialect/msg-id.ts';
import { pushError } from './dialect/numbers.ts';
import { query, queryList } from './input.ts';

const MAX_MESSAGES = 100;
const MAX_GROUPS = 10;
const MAX_IDS = 1000;

export function statusRoutes(scope: FastifyInstance, room: PushRoom, access: Access): void {
  const byId = { schema: { response: { 200: ById } } };

  // One answer under two names: phones' callers know the first, browsers' the second.
  const detail = async (request: FastifyRequest, reply: FastifyReply) => {
    const { app_id } = await access.app(request, reply);
    return describeMessages(room.db, app_id, readMsgIds(request, 'message_ids', MAX_MESSAGES));
  };
  scope.get('/status/detail', byId, detail);
  scope.get('/messages/details', byId, detail);

  scope.get('/status/message', { schema: { response: { 200: StatusByDevice } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    const [msg_id] = readMsgIds(request, 'message_id', 1);
    if (msg_id === undefined) throw pushError(21002, 'message_id');
    const ids = queryList(request, 'registration_ids', MAX_IDS);
    if (ids.length === 0) throw pushError(21002, 'registration_ids');
    const rows = await listDeviceStates(room.db, app_id, [msg_id], ids);
    return Object.fromEntries(rows.map((row) => [row.registration_id, row]));
  });

  scope.get('/status/batch/message', { schema: { response: { 200: StatusRows } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    return listDeviceStates(room.db, app_id, readMsgIds(request, 'message_ids', MAX_MESSAGES), undefined);
  });

  scope.get('/status/users', { schema: { response: { 200: UserStatistics } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    return listUserNumbers(room.db, app_id, {
      unit: query(request, 'time_unit') ?? '',
      start: query(request, 'start') ?? '',
      duration: Number(query(request, 'duration') ?? 1),
    });
  });

  scope.get('/status/plan/msg', byId, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    return listPlanMessages(room.db, app_id, readPlans(request), readSpan(request));
  });

  scope.get('/status/plan/detail', byId, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    return sumPlans(room.db, app_id, readPlans(request), readSpan(request));
  });

  scope.get('/group/status/detail', byId, async (request, reply) => {
    const { group_key } = await access.group(request, reply);
    return describeGroups(room.db, group_key, queryList(request, 'group_msgids', MAX_GROUPS));
  });
}

function readMsgIds(request: FastifyRequest, name: string, max: number): number[] {
  const texts = queryList(request, name, max);
  if (texts.length === 0) throw pushError(21002, name);
  return texts.map((text) => {
    const id = parseMsgId(text);
    if (id === undefined) throw pushError(21003, `${name} "${text.slice(0, 20)}" is not a msg_id`);
    return id;
  });
}

function readPlans(request: FastifyRequest): string[] {
  const plans = queryList(request, 'plan_ids', MAX_IDS);
  if (plans.length === 0) throw pushError(21002, 'plan_ids');
  return plans;
}

const readSpan = (request: FastifyRequest) => ({
  start: query(request, 'start_date'),
  end: query(request, 'end_date'),
});
