// /grouppush: one message for every app of a group, an answer per app. Schedules of groups are ours.

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
import type { AddRoute } from './route.ts';

const MAX_BODY_BYTES = 2 * 1024 * 1024;

export function groupPushRoutes(add: AddRoute, room: PushRoom, { isSpent }: Pick<Access, 'isSpent'>): void {
  add({
    method: 'POST',
    url: '/grouppush',
    auth: 'group',
    maxBodyBytes: MAX_BODY_BYTES,
    answer: GroupPushAnswer,
    async run({ group, request }) {
      const push = parseRequest(readJson(request));
      return renderGroup(await pushToGroup(room, group, push, { isSpent }));
    },
  });

  add({
    method: 'POST',
    url: '/grouppush/schedules',
    auth: 'group',
    maxBodyBytes: MAX_BODY_BYTES,
    answer: ScheduleCreated,
    run({ group: { group_key }, request }) {
      return createSchedule(room, { group_key }, parseNewSchedule(readJson(request), Date.now()));
    },
  });

  add({
    method: 'GET',
    url: '/grouppush/schedules',
    auth: 'group',
    answer: SchedulePage,
    run({ group: { group_key }, request }) {
      return listSchedules(room.db, { group_key }, pageNumber(query(request, 'page')));
    },
  });

  add({
    method: 'GET',
    url: '/grouppush/schedules/:schedule_id',
    auth: 'group',
    answer: Type.Array(ScheduleAnswer),
    async run({ group: { group_key }, request }) {
      return [await getSchedule(room.db, { group_key }, param(request, 'schedule_id'))];
    },
  });

  add({
    method: 'DELETE',
    url: '/grouppush/schedules/:schedule_id',
    auth: 'group',
    answer: Done,
    async run({ group: { group_key }, request }) {
      await deleteSchedule(room.db, { group_key }, param(request, 'schedule_id'));
      return done;
    },
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
