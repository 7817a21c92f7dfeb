// A whole push request, checked without knowing the app that it is for.

import { parseAudience } from '../../../push/audience/audience.ts';
import { bytesOf, Fields, isObject, type JsonObject } from '../../../push/fields.ts';
import type { PushRequest } from '../../../push/message/request.ts';
import { refuse } from '../../../push/refusals.ts';
import { parseMessage } from './message.ts';
import { pushError } from './numbers.ts';

const MAX_CUSTOM_ARGS = 128;

export function parseRequest(value: unknown, path = ''): PushRequest {
  if (value === undefined || value === null) throw refuse('field_missing', path || 'body');
  if (!isObject(value)) throw refuse('field_invalid', 'the request is not a JSON object');
  const request = new Fields(value, path);
  const audience = parseAudience(request.value('to'), request.at('to'));
  const message = parseMessage(request.value('body'), request.value('options'), request.at('body'));
  if (message.live_activity?.event === 'start' && !audience.all && !audience.registration_id) throw pushError(21051);
  return {
    sender: request.text('from', 255) ?? '',
    request_id: readRequestId(request),
    custom_args: readCustomArgs(request),
    audience,
    message,
  };
}

/** One item of a batch: the same, with its target in place of an audience. */
export function parseBatchItem(
  item: JsonObject,
  by: 'registration_id' | 'alias',
  target: string,
  path: string,
): PushRequest {
  const { target: _target, custom_args, ...body } = item;
  const fields = new Fields(item, path);
  return {
    sender: '',
    request_id: '',
    custom_args: readCustomArgs(fields),
    audience: parseAudience({ [by]: [target] }, path),
    message: parseMessage(body, undefined, path),
  };
}

function readRequestId(request: Fields): string {
  const value = request.value('request_id');
  if (value === undefined) return '';
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw refuse('field_type', `${request.at('request_id')} is not a string`);
  }
  if (bytesOf(String(value)) > 255)
    throw refuse('field_invalid', `${request.at('request_id')} is longer than 255 bytes`);
  return String(value);
}

function readCustomArgs(request: Fields): unknown {
  const value = request.value('custom_args');
  if (value === undefined) return undefined;
  if (typeof value !== 'string' && !isObject(value)) {
    throw refuse('field_type', `${request.at('custom_args')} is not an object or a string`);
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if ([...text].length > MAX_CUSTOM_ARGS) {
    throw refuse('field_type', `${request.at('custom_args')} is longer than ${MAX_CUSTOM_ARGS} characters`);
  }
  return value;
}

/** The request that a schedule keeps, as it was sent. */
export const parseStoredRequest = (stored: unknown): PushRequest => parseRequest(stored, 'push');
