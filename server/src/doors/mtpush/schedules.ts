// /schedules: pushes of an app that are sent later, once or again and again.

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { PushRoom } from '../../push/room.ts';
import {
  createSchedule,
  deleteSchedule,
  getSchedule,
  listScheduleMessages,
  listSchedules,
  updateSchedule,
} from '../../push/schedule/schedules.ts';
import type { Access } from './access.ts';
import { Done, done, ScheduleAnswer, ScheduleCreated, ScheduleMessages, SchedulePage } from './answers.ts';
import { parseNewSchedule, parseScheduleChange } from './dialect/schedule.ts';
import { pageNumber } from './group-push.ts';
import { param, query, readJson } from './input.ts';

const bodyLimit = 2 * 1024 * 1024;

export function scheduleRoutes(scope: FastifyInstance, room: PushRoom, access: Access): void {
  scope.post('/schedules', { bodyLimit, schema: { response: { 200: ScheduleCreated } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    return createSchedule(room, { app_id }, parseNewSchedule(readJson(request), Date.now()));
  });

  scope.get('/schedules', { schema: { response: { 200: SchedulePage } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    return listSchedules(room.db, { app_id }, pageNumber(query(request, 'page')));
  });

  // Every SDK of the dialect expects a list with one element.
  const list = { response: { 200: Type.Array(ScheduleAnswer) } };
  scope.get('/schedules/:schedule_id', { schema: list }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    return [await getSchedule(room.db, { app_id }, param(request, 'schedule_id'))];
  });

  const one = { response: { 200: ScheduleAnswer } };
  scope.put('/schedules/:schedule_id', { bodyLimit, schema: one }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    const schedule_id = param(request, 'schedule_id');
    // An unknown schedule is told before anything that is wrong with the change.
    await getSchedule(room.db, { app_id }, schedule_id);
    return updateSchedule(room, { app_id }, schedule_id, parseScheduleChange(readJson(request), Date.now()));
  });

  scope.delete('/schedules/:schedule_id', { schema: { response: { 200: Done } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    await deleteSchedule(room.db, { app_id }, param(request, 'schedule_id'));
    return done;
  });

  const ids = { response: { 200: ScheduleMessages } };
  scope.get('/schedules/:schedule_id/msg-ids', { schema: ids }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    const MsgIds = await listScheduleMessages(room.db, { app_id }, param(request, 'schedule_id'));
    return { count: MsgIds.length, MsgIds };
  });
}
