// /grouppush: one message for every app of a group, an answer per app. Schedules of groups are ours.

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { type GroupAnswer, pushToGroup } from '../../push/message/group-push.ts';
import type { PushRoom } from '../../push/room.ts';
import { createSchedule, deleteSchedule, getSchedule, listSchedules } from '../../push/schedule/schedules.ts';
import type { Access } from './access.ts';
import { Done, done, GroupPushAnswer, ScheduleAnswer, ScheduleCreated, SchedulePage } from './answers.ts';
import { errorEntry, numbered, pushError } from './dialect/numbers.ts';
import { parseRequest } from './dialect/request.ts';
import { parseNewSchedule } from './dialect/schedule.ts';
import { param, query, readJson } from './input.ts';

const bodyLimit = 2 * 1024 * 1024;

export function groupPushRoutes(scope: FastifyInstance, room: PushRoom, access: Access): void {
  scope.post('/grouppush', { bodyLimit, schema: { response: { 200: GroupPushAnswer } } }, async (request, reply) => {
    const group = await access.group(request, reply);
    const push = parseRequest(readJson(request));
    return renderGroup(await pushToGroup(room, group, push, { isSpent: access.isSpent }));
  });

  const created = { response: { 200: ScheduleCreated } };
  scope.post('/grouppush/schedules', { bodyLimit, schema: created }, async (request, reply) => {
    const { group_key } = await access.group(request, reply);
    return createSchedule(room, { group_key }, parseNewSchedule(readJson(request), Date.now()));
  });

  const page = { response: { 200: SchedulePage } };
  scope.get('/grouppush/schedules', { schema: page }, async (request, reply) => {
    const { group_key } = await access.group(request, reply);
    return listSchedules(room.db, { group_key }, pageNumber(query(request, 'page')));
  });

  const one = { response: { 200: Type.Array(ScheduleAnswer) } };
  scope.get('/grouppush/schedules/:schedule_id', { schema: one }, async (request, reply) => {
    const { group_key } = await access.group(request, reply);
    return [await getSchedule(room.db, { group_key }, param(request, 'schedule_id'))];
  });

  const gone = { response: { 200: Done } };
  scope.delete('/grouppush/schedules/:schedule_id', { schema: gone }, async (request, reply) => {
    const { group_key } = await access.group(request, reply);
    await deleteSchedule(room.db, { group_key }, param(request, 'schedule_id'));
    return done;
  });
}

/** An entry of an answer that was kept from before an upgrade is in the dialect already. */
function renderGroup(answer: GroupAnswer) {
  const entries = Object.entries(answer).map(([app_key, entry]) => {
    if (typeof entry === 'string' || !('error' in entry) || !('refusal' in entry.error))
      return [app_key, entry] as const;
    return [app_key, { error: errorEntry(numbered(entry.error)) }] as const;
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}

export function pageNumber(text: string | undefined): number {
  const page = Number(text ?? 1);
  if (!Number.isInteger(page) || page < 1) throw pushError(21003, 'page is not a whole number from 1');
  return page;
}
