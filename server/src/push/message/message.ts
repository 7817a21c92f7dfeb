// What a caller asks to be sent: the `body` of a v4 request, checked without knowing the app, in one normal form.

import { PLATFORMS, type Platform } from '../audience/platforms.ts';
import { pushError } from './errors.ts';
import { bytesOf, Fields, isObject, type JsonObject } from './fields.ts';
import { type LiveActivity, parseLiveActivity, parseVoip } from './live-activity.ts';
import { type Notification, parseNotification } from './notification.ts';
import { checkDistribution, type Options, parseOptions } from './options.ts';

/** One request can deliver twice under one msg_id; statistics keep the two apart. */
export type Kind = 'notification' | 'message' | 'live_activity' | 'voip';

interface CustomMessage {
  readonly msg_content: string | JsonObject;
  readonly title: string | undefined;
  readonly content_type: string | undefined;
  readonly extras: JsonObject | undefined;
}

export interface Message {
  readonly platforms: readonly Platform[];
  /** False for `"all"`: a platform without content is then left out instead of being an error. */
  readonly named: boolean;
  readonly notification: Notification | undefined;
  readonly message: CustomMessage | undefined;
  readonly live_activity: LiveActivity | undefined;
  readonly voip: JsonObject | undefined;
  readonly options: Options;
}

const MAX_PART_BYTES = 4000;

/** `options` is the value beside `body`, where one of the vendor's examples puts it. */
export function parseMessage(value: unknown, options?: unknown, path = 'body'): Message {
  if (value === undefined || value === null) throw pushError(21002, path);
  if (!isObject(value)) throw pushError(21016, `${path} is not an object`);
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
  if (!Array.isArray(names)) throw pushError(21016, `${at} is not a string or an array`);
  if (names.length === 0) throw pushError(21002, at);
  const found = new Set<Platform>();
  for (const name of names) {
    if (typeof name !== 'string') throw pushError(21016, `${at} holds something else than strings`);
    const lower = name.trim().toLowerCase();
    if (lower === 'all') return { platforms: PLATFORMS, named: false };
    if (!(PLATFORMS as readonly string[]).includes(lower))
      throw pushError(21003, `${at} "${name.slice(0, 20)}" is unknown`);
    found.add(lower as Platform);
  }
  return { platforms: [...found], named: true };
}

function parseCustomMessage(body: Fields): CustomMessage | undefined {
  const block = body.nested('message');
  if (!block) return undefined;
  if (bytesOf(JSON.stringify(block.source)) > MAX_PART_BYTES) {
    throw pushError(21005, `${block.path} is larger than ${MAX_PART_BYTES} bytes`);
  }
  const content = block.required('msg_content');
  if (typeof content !== 'string' && !isObject(content)) {
    throw pushError(21016, `${block.at('msg_content')} is not a string or an object`);
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
    throw pushError(21002, `${body.path} needs notification, message, live_activity or voip`);
  }
  if (parts.notification && parts.message && named && platforms.includes('web')) {
    throw pushError(21306, `${body.path} names platform web`);
  }
}
