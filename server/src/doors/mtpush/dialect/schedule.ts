// A v4 schedule: a name, a trigger, and the request that is sent when it is due.

import { bytesOf, Fields, isObject, type JsonObject } from '../../../push/fields.ts';
import { refuse } from '../../../push/refusals.ts';
import type { NewSchedule, ScheduleChange } from '../../../push/schedule/schedules.ts';
import { parseStoredRequest } from './request.ts';
import { parseTrigger } from './trigger.ts';

const NAME_BYTES = 255;

export function parseNewSchedule(input: unknown, nowMs: number): NewSchedule {
  if (!isObject(input)) throw refuse('schedule_invalid', 'the request is not a JSON object');
  const name = parseName(input.name);
  if (input.enabled !== true) throw refuse('schedule_invalid', 'enabled is not true');
  const trigger = parseTrigger(input.trigger, nowMs);
  const push = parsePushPart(input.push);
  return { name, trigger, push, cid: new Fields(input, '').text('cid', 64) ?? null };
}

/** What is absent stays as it is. */
export function parseScheduleChange(input: unknown, nowMs: number): ScheduleChange {
  if (!isObject(input)) throw refuse('schedule_invalid', 'the request is not a JSON object');
  const trigger = isPresent(input.trigger) ? { trigger: parseTrigger(input.trigger, nowMs) } : {};
  const { enabled } = input;
  if (isPresent(enabled) && typeof enabled !== 'boolean') throw refuse('schedule_invalid', 'enabled is not a boolean');
  return {
    ...trigger,
    ...(typeof enabled === 'boolean' && { enabled }),
    ...(isPresent(input.name) && { name: parseName(input.name) }),
    ...(isPresent(input.push) && { push: parsePushPart(input.push) }),
  };
}

const isPresent = (value: unknown): boolean => value !== undefined && value !== null;

function parseName(value: unknown): string {
  if (typeof value !== 'string' || value === '' || bytesOf(value) > NAME_BYTES || !/^[\p{L}\p{N}_ -]+$/u.test(value)) {
    throw refuse('schedule_invalid', `name is not 1 to ${NAME_BYTES} bytes of letters, digits, "_", "-" and spaces`);
  }
  return value;
}

/** The request as it is kept. It has error codes of its own; a `cid` inside it would make every run but the first a repetition. */
function parsePushPart(value: unknown): JsonObject {
  if (!isObject(value)) throw refuse('schedule_invalid', 'push is missing or not an object');
  const request = parseStoredRequest(value);
  if (request.message.options.cid === undefined) return value;
  const body = isObject(value.body) ? value.body : {};
  const options = isObject(body.options) ? body.options : {};
  return { ...value, body: { ...body, options: { ...options, cid: undefined } } };
}
