// What a caller asks to be sent: the `body` of a v4 request, checked without knowing the app, in one normal form.

import { bytesOf, Fields, isObject } from '../../../push/fields.ts';
import type { CustomMessage, Message } from '../../../push/message/message.ts';
import { PLATFORMS, type Platform } from '../../../push/platforms.ts';
import { refuse } from '../../../push/refusals.ts';
import { parseLiveActivity, parseVoip } from './live-activity.ts';
import { parseNotification } from './notification.ts';
import { pushError } from './numbers.ts';
import { checkDistribution, parseOptions } from './options.ts';

const MAX_PART_BYTES = 4000;

/** `options` is the value beside `body`, where one of the vendor's examples puts it. */
export function parseMessage(value: unknown, options?: unknown, path = 'body'): Message {
  if (value === undefined || value === null) throw refuse('field_missing', path);
  if (!isObject(value)) throw refuse('field_type', `${path} is not an object`);
  const body = new Fields(value, path);
  const { platforms, named } = parsePlatforms(body);
  const parts = {
    notification: parseNotification(body),
    message: parseCustomMessage(body),
    live_activity: parseLiveActivity(body),
    voip: parseVoip(body),
  };
  checkCombination(parts, platforms, named, body);
  const fallback = isObject(options) ? new Fields(options, 'options') : undefined;
  const parsed = parseOptions(body.nested('options') ?? fallback, body);
  const slow = parsed.big_push_minutes !== undefined && (parts.live_activity || parts.voip);
  if (slow) throw pushError(21059, body.at('options.big_push_duration'));
  checkDistribution(parsed.distributions, parts.notification, platforms, body);
  return { platforms, named, ...parts, options: parsed };
}

function parsePlatforms(body: Fields): { platforms: readonly Platform[]; named: boolean } {
  const value = body.required('platform');
  const at = body.at('platform');
  const names = typeof value === 'string' ? value.split(',') : value;
  if (!Array.isArray(names)) throw refuse('field_type', `${at} is not a string or an array`);
  if (names.length === 0) throw refuse('field_missing', at);
  const found = new Set<Platform>();
  for (const name of names) {
    if (typeof name !== 'string') throw refuse('field_type', `${at} holds something else than strings`);
    const lower = name.trim().toLowerCase();
    if (lower === 'all') return { platforms: PLATFORMS, named: false };
    if (!(PLATFORMS as readonly string[]).includes(lower))
      throw refuse('field_invalid', `${at} "${name.slice(0, 20)}" is unknown`);
    found.add(lower as Platform);
  }
  return { platforms: [...found], named: true };
}

function parseCustomMessage(body: Fields): CustomMessage | undefined {
  const block = body.nested('message');
  if (!block) return undefined;
  if (bytesOf(JSON.stringify(block.source)) > MAX_PART_BYTES) {
    throw refuse('too_large', `${block.path} is larger than ${MAX_PART_BYTES} bytes`);
  }
  const content = block.required('msg_content');
  if (typeof content !== 'string' && !isObject(content)) {
    throw refuse('field_type', `${block.at('msg_content')} is not a string or an object`);
  }
  block.flag('test_message');
  block.text('receipt_id');
  return {
    msg_content: content,
    title: block.text('title'),
    content_type: block.text('content_type'),
    extras: block.object('extras'),
  };
}

type Parts = Pick<Message, 'notification' | 'message' | 'live_activity' | 'voip'>;

function checkCombination(parts: Parts, platforms: readonly Platform[], named: boolean, body: Fields): void {
  const iosOnly = named && platforms.length === 1 && platforms[0] === 'ios';
  if (parts.voip) {
    if (parts.notification || parts.message || parts.live_activity) throw pushError(21057);
    if (!iosOnly) throw pushError(21058, body.at('platform'));
  } else if (parts.live_activity) {
    if (parts.notification || parts.message) throw pushError(21054);
    if (!iosOnly) throw pushError(21056, body.at('platform'));
  } else if (!parts.notification && !parts.message) {
    throw refuse('field_missing', `${body.path} needs notification, message, live_activity or voip`);
  }
  if (parts.notification && parts.message && named && platforms.includes('web')) {
    throw pushError(21306, `${body.path} names platform web`);
  }
}
