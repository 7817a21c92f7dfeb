// The numbered failures of the MTPush dialect: each number has one HTTP status and one sentence.

import { AppError } from '../../errors.ts';

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

/** `where` names the field and the reason; it follows the sentence after a comma, as callers of the dialect know it. */
export function pushError(code: PushCode, where?: string, detail: Record<string, unknown> = {}): AppError {
  const [status, sentence] = CATALOGUE[code];
  return new AppError(`push_${code}`, status, where ? `${sentence}, ${where}` : sentence, {
    ...detail,
    push_code: code,
  });
}

/** The dialect's number of a failure, undefined for a failure of another room. */
export function pushCodeOf(error: unknown): PushCode | undefined {
  const code = error instanceof AppError ? error.detail.push_code : undefined;
  return typeof code === 'number' && code in CATALOGUE ? (code as PushCode) : undefined;
}
