// /schedules: pushes of an app that are sent later, once or again and again.

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
import { Done, done, ScheduleAnswer, ScheduleCreated, ScheduleMessages, SchedulePage } from './answers.ts';
import { parseNewSchedule, parseScheduleChange } from './dialect/schedule.ts';
import { pageNumber } from './group-push.ts';
import { param, query, readJson } from './input.ts';
import type { AddRoute } from './route.ts';

const MAX_BODY_BYTES = 2 * 1024 * 1024;

export function scheduleRoutes(add: AddRoute, room: PushRoom): void {
  add({
    method: 'POST',
    url: '/schedules',
    auth: 'app',
    maxBodyBytes: MAX_BODY_BYTES,
    answer: ScheduleCreated,
    run({ app: { app_id }, request }) {
      return createSchedule(room, { app_id }, parseNewSchedule(readJson(request), Date.now()));
    },
  });

  add({
    method: 'GET',
    url: '/schedules',
    auth: 'app',
    answer: SchedulePage,
    run({ app: { app_id }, request }) {
      return listSchedules(room.db, { app_id }, pageNumber(query(request, 'page')));
    },
  });

  // Every SDK of the dialect expects a list with one element.
  add({
    method: 'GET',
    url: '/schedules/:schedule_id',
    auth: 'app',
    answer: Type.Array(ScheduleAnswer),
    async run({ app: { app_id }, request }) {
      return [await getSchedule(room.db, { app_id }, param(request, 'schedule_id'))];
    },
  });

  add({
    method: 'PUT',
    url: '/schedules/:schedule_id',
    auth: 'app',
    maxBodyBytes: MAX_BODY_BYTES,
    answer: ScheduleAnswer,
    async run({ app: { app_id }, request }) {
      const schedule_id = param(request, 'schedule_id');
      // An unknown schedule is told before anything that is wrong with the change.
      await getSchedule(room.db, { app_id }, schedule_id);
      return updateSchedule(room, { app_id }, schedule_id, parseScheduleChange(readJson(request), Date.now()));
    },
  });

  add({
    method: 'DELETE',
    url: '/schedules/:schedule_id',
    auth: 'app',
    answer: Done,
    async run({ app: { app_id }, request }) {
      await deleteSchedule(room.db, { app_id }, param(request, 'schedule_id'));
      return done;
    },
  });

  add({
    method: 'GET',
    url: '/schedules/:schedule_id/msg-ids',
    auth: 'app',
    answer: ScheduleMessages,
    async run({ app: { app_id }, request }) {
      const MsgIds = await listScheduleMessages(room.db, { app_id }, param(request, 'schedule_id'));
      return { count: MsgIds.length, MsgIds };
    },
  });
}
