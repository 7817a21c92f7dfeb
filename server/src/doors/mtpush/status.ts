// /status and /messages/details: what became of messages, in numbers and device by device.

import type { FastifyRequest } from 'fastify';
import { listPlanMessages, sumPlans } from '../../push/delivery/plans.ts';
import { describeGroups, describeMessages } from '../../push/delivery/statistics.ts';
import { listDeviceStates, listUserNumbers } from '../../push/delivery/status.ts';
import type { PushRoom } from '../../push/room.ts';
import { ById, StatusByDevice, StatusRows, UserStatistics } from './answers.ts';
import { parseMsgId } from './dialect/msg-id.ts';
import { pushError } from './dialect/numbers.ts';
import { query, queryList } from './input.ts';
import type { AddRoute } from './route.ts';

const MAX_MESSAGES = 100;
const MAX_GROUPS = 10;
const MAX_IDS = 1000;

export function statusRoutes(add: AddRoute, room: PushRoom): void {
  // One answer under two names: phones' callers know the first, browsers' the second.
  for (const url of ['/status/detail', '/messages/details']) {
    add({
      method: 'GET',
      url,
      auth: 'app',
      answer: ById,
      run({ app: { app_id }, request }) {
        return describeMessages(room.db, app_id, readMsgIds(request, 'message_ids', MAX_MESSAGES));
      },
    });
  }

  add({
    method: 'GET',
    url: '/status/message',
    auth: 'app',
    answer: StatusByDevice,
    async run({ app: { app_id }, request }) {
      const [msg_id] = readMsgIds(request, 'message_id', 1);
      if (msg_id === undefined) throw pushError(21002, 'message_id');
      const ids = queryList(request, 'registration_ids', MAX_IDS);
      if (ids.length === 0) throw pushError(21002, 'registration_ids');
      const rows = await listDeviceStates(room.db, app_id, [msg_id], ids);
      return Object.fromEntries(rows.map((row) => [row.registration_id, row]));
    },
  });

  add({
    method: 'GET',
    url: '/status/batch/message',
    auth: 'app',
    answer: StatusRows,
    run({ app: { app_id }, request }) {
      return listDeviceStates(room.db, app_id, readMsgIds(request, 'message_ids', MAX_MESSAGES), undefined);
    },
  });

  add({
    method: 'GET',
    url: '/status/users',
    auth: 'app',
    answer: UserStatistics,
    run({ app: { app_id }, request }) {
      return listUserNumbers(room.db, app_id, {
        unit: query(request, 'time_unit') ?? '',
        start: query(request, 'start') ?? '',
        duration: Number(query(request, 'duration') ?? 1),
      });
    },
  });

  add({
    method: 'GET',
    url: '/status/plan/msg',
    auth: 'app',
    answer: ById,
    run({ app: { app_id }, request }) {
      return listPlanMessages(room.db, app_id, readPlans(request), readSpan(request));
    },
  });

  add({
    method: 'GET',
    url: '/status/plan/detail',
    auth: 'app',
    answer: ById,
    run({ app: { app_id }, request }) {
      return sumPlans(room.db, app_id, readPlans(request), readSpan(request));
    },
  });

  add({
    method: 'GET',
    url: '/group/status/detail',
    auth: 'group',
    answer: ById,
    run({ group: { group_key }, request }) {
      return describeGroups(room.db, group_key, queryList(request, 'group_msgids', MAX_GROUPS));
    },
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
