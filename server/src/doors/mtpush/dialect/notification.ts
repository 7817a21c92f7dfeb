// The `notification` of a request: a common alert and one block per platform.

import { bytesOf, type Fields, isObject } from '../../../push/fields.ts';
import type {
  Alert,
  AndroidBlock,
  HmosBlock,
  IosBlock,
  Notification,
  WebBlock,
} from '../../../push/message/notification.ts';
import { refuse } from '../../../push/refusals.ts';
import { readAppUrl, readImageUrl, readPageUrl } from './urls.ts';

const MAX_WEB_BYTES = 2048;
const MAX_PART_BYTES = 4000;
const MAX_IOS_BYTES = 2000;

export function parseNotification(body: Fields): Notification | undefined {
  const block = body.nested('notification');
  if (!block) return undefined;
  const web = block.nested('web');
  const android = block.nested('android');
  const ios = block.nested('ios');
  const hmos = block.nested('hmos');
  return {
    alert: readAlert(block),
    web: web && parseWeb(web),
    android: android && parseAndroid(android),
    ios: ios && parseIos(ios),
    hmos: hmos && parseHmos(hmos),
  };
}

function readAlert(block: Fields): Alert | undefined {
  const value = block.value('alert');
  if (value === undefined || typeof value === 'string' || isObject(value)) return value;
  throw refuse('field_type', `${block.at('alert')} is not a string or an object`);
}

function limit(block: Fields, max: number): void {
  const size = bytesOf(JSON.stringify(block.source));
  if (size > max) throw refuse('too_large', `${block.path} has ${size} bytes, at most ${max} are allowed`);
}

function parseWeb(block: Fields): WebBlock {
  const parsed = {
    alert: readAlert(block),
    title: block.text('title'),
    url: readPageUrl(block, 'url'),
    icon: readImageUrl(block, 'icon'),
    image: readImageUrl(block, 'image'),
    extras: block.object('extras'),
  };
  limit(block, MAX_WEB_BYTES);
  return parsed;
}

function parseAndroid(block: Fields): AndroidBlock {
  const foreground = block.oneOf('display_foreground', ['0', '1']);
  const client = {
    builder_id: block.integer('builder_id', 0, 2 ** 31),
    category: block.text('category'),
    inbox: block.object('inbox'),
    large_icon: readAppUrl(block, 'large_icon'),
    alert_type: block.integer('alert_type', -1, 7),
    badge_class: block.text('badge_class'),
    display_foreground: foreground,
    group_id: block.text('group_id'),
    is_fold: block.flag('is_fold'),
  };
  const parsed = {
    alert: readAlert(block),
    title: block.text('title'),
    channel_id: block.text('channel_id', 1000),
    priority: block.integer('priority', -2, 2) ?? 0,
    style: block.integer('style', 0, 3) ?? 0,
    big_text: block.text('big_text'),
    big_pic_path: readAppUrl(block, 'big_pic_path'),
    small_icon: readAppUrl(block, 'small_icon'),
    sound: block.text('sound'),
    badge_add_num: block.integer('badge_add_num', 1, 99),
    badge_set_num: block.integer('badge_set_num', 0, 99),
    intent_url: readIntent(block),
    extras: block.object('extras'),
    client: Object.fromEntries(Object.entries(client).filter(([, value]) => value !== undefined)),
  };
  limit(block, MAX_PART_BYTES);
  return parsed;
}

function readIntent(block: Fields): string | undefined {
  const intent = block.nested('intent');
  return intent && readAppUrl(intent, 'url');
}

function parseIos(block: Fields): IosBlock {
  const sound = block.value('sound');
  if (sound !== undefined && typeof sound !== 'string' && !isObject(sound)) {
    throw refuse('field_type', `${block.at('sound')} is not a string or an object`);
  }
  const extras = block.object('extras');
  if (extras && 'aps' in extras) throw refuse('field_invalid', `${block.at('extras.aps')} is reserved by Apple`);
  const parsed = {
    alert: readAlert(block),
    sound,
    badge: parseBadge(block),
    content_available: block.flag('content-available') ?? false,
    mutable_content: block.flag('mutable-content') ?? false,
    category: block.text('category'),
    thread_id: block.text('thread-id'),
    interruption_level: block.oneOf('interruption-level', ['passive', 'active', 'time-sensitive', 'critical']),
    extras,
  };
  limit(block, MAX_IOS_BYTES);
  return parsed;
}

function parseBadge(block: Fields): IosBlock['badge'] {
  const value = block.value('badge');
  if (value === undefined) return undefined;
  const text = String(value);
  if (typeof value !== 'number' && typeof value !== 'string') {
    throw refuse('field_type', `${block.at('badge')} is not a number or a string`);
  }
  if (!/^[+-]?\d{1,5}$/.test(text)) throw refuse('field_invalid', `${block.at('badge')} is not a number, "+N" or "-N"`);
  return typeof value === 'string' && /^[+-]/.test(value) ? { add: Number(value) } : { set: Math.max(0, Number(text)) };
}

/** Checked only: no delivery channel for HarmonyOS exists here. */
function parseHmos(block: Fields): HmosBlock {
  block.text('title');
  block.text('category');
  readAppUrl(block, 'large_icon');
  readIntent(block);
  block.integer('badge_add_num', 1, 99);
  block.integer('badge_set_num', 0, 99);
  block.object('extras');
  block.list('inbox_content', 3, 1024);
  const pushType = block.integer('push_type', 0, 10) ?? 0;
  if (![0, 2, 10].includes(pushType)) throw refuse('field_invalid', `${block.at('push_type')} is not 0, 2 or 10`);
  if (pushType !== 0 && !block.text('extra_data')) throw refuse('field_missing', block.at('extra_data'));
  const style = block.integer('style', 0, 3) ?? 0;
  if (style !== 0 && style !== 3) throw refuse('field_invalid', `${block.at('style')} is not 0 or 3`);
  limit(block, MAX_PART_BYTES);
  return { alert: readAlert(block) };
}
