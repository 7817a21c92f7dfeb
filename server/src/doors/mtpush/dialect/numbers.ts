// The numbered failures of the MTPush dialect: each number has one HTTP status and one sentence, and what the room refuses has a number.

import { AppError } from '../../../errors.ts';
import { type Refused, refusalOf } from '../../../push/refusals.ts';

const CATALOGUE = {
  1003: [400, 'override_msg_id is not valid'],
  8100: [400, 'Schedule parameter is invalid'],
  8104: [404, 'Schedule does not exist'],
  20101: [400, 'registration_id is invalid or does not belong to this app'],
  21001: [405, 'Method not supported'],
  21002: [400, 'Required parameter is missing'],
  21003: [400, 'Parameter value is invalid'],
  21004: [401, 'Verification failed'],
  21005: [400, 'Message body is too large'],
  21008: [400, 'app_key is not a 24 size string'],
  21011: [400, 'No target fits the audience'],
  21015: [400, 'Unexpected parameter'],
  21016: [400, 'Parameter has the wrong type or length'],
  21030: [503, 'Internal timeout, try again later'],
  21037: [400, 'group_key is not a 24 size string or does not exist'],
  21038: [401, 'Push is disabled for this app'],
  21050: [400, 'live_activity.event is not start, update or end'],
  21051: [400, 'A live activity can only be started for all or for registration_id'],
  21052: [400, 'live_activity.attributes-type is empty'],
  21053: [400, 'live_activity.content-state is empty'],
  21054: [400, 'live_activity cannot be combined with notification or message'],
  21056: [400, 'live_activity is for platform ios only'],
  21057: [400, 'voip cannot be combined with another payload'],
  21058: [400, 'voip is for platform ios only'],
  21059: [401, 'big_push_duration cannot be combined with live_activity or voip'],
  21306: [401, 'notification and message cannot be sent together'],
  23006: [400, 'Parameter error'],
  23008: [400, 'Request rate limit exceeded'],
  23009: [400, 'The IP address is not in the allow-list'],
  27000: [500, 'Internal error'],
  27001: [401, 'Verification information is empty'],
  27002: [400, 'Unknown registration_id'],
  27008: [401, 'distribution needs a notification alert'],
  27009: [401, 'distribution is not one of first_ospush, mtpush, secondary_push, ospush'],
  27303: [400, 'Empty plan id'],
} as const satisfies Record<number, readonly [status: number, sentence: string]>;

export type PushCode = keyof typeof CATALOGUE;

const NUMBERS = {
  field_missing: 21002,
  field_invalid: 21003,
  field_type: 21016,
  field_unknown: 21015,
  too_large: 21005,
  disabled: 21038,
  no_target: 21011,
  unknown_device: 20101,
  unknown_message: 21003,
  not_replaceable: 1003,
  too_many: 23006,
  rate_limited: 23008,
  schedule_invalid: 8100,
  unknown_schedule: 8104,
} as const satisfies Record<Refused['refusal'], PushCode>;

/** `where` names the field and the reason; it follows the sentence after a comma, as callers of the dialect know it. */
export function pushError(code: PushCode, where?: string, detail: Record<string, unknown> = {}): AppError {
  const [status, sentence] = CATALOGUE[code];
  return new AppError(`push_${code}`, status, where ? `${sentence}, ${where}` : sentence, {
    ...detail,
    push_code: code,
  });
}

/** What the room refused, as callers of the dialect know it. */
export function numbered({ refusal, where }: Refused): AppError {
  if (refusal === 'unknown_message') return pushError(NUMBERS[refusal], `msg_id not exist: ${where}`);
  // The room knows a notification; in a request of the dialect it stands in the body.
  return pushError(NUMBERS[refusal], where?.replace(/^notification\b/, 'body.notification'));
}

/** The failure in the dialect's terms; undefined for a failure that is neither its own nor a refusal of the room. */
export function findNumbered(error: unknown): AppError | undefined {
  if (error instanceof AppError && typeof error.detail.push_code === 'number') return error;
  const refused = refusalOf(error);
  return refused && numbered(refused);
}

/** An entry about a failure, inside an answer about several things. */
export function errorEntry(error: AppError): { readonly code: PushCode; readonly message: string } {
  return { code: codeOf(error), message: error.message };
}

/** The number of a failure of the dialect. */
export function codeOf({ detail }: AppError): PushCode {
  return typeof detail.push_code === 'number' && detail.push_code in CATALOGUE ? (detail.push_code as PushCode) : 27000;
}
