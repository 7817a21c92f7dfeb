// The `options` of a request: how long, how urgent, instead of what, in which language.

import { Fields, isObject } from '../../../push/fields.ts';
import { alertFor, type Notification, textOf } from '../../../push/message/notification.ts';
import { DEFAULT_OPTIONS, type Options, type WebButton } from '../../../push/message/options.ts';
import type { Platform } from '../../../push/platforms.ts';
import { refuse } from '../../../push/refusals.ts';
import { parseMsgId } from './msg-id.ts';
import { pushError } from './numbers.ts';
import { readImageUrl, readPageUrl } from './urls.ts';

const MAX_TTL_SECONDS = 1_296_000;
const DISTRIBUTIONS = ['first_ospush', 'mtpush', 'secondary_push', 'ospush'];

export function parseOptions(options: Fields | undefined, body: Fields): Options {
  const override = options?.value('override_msg_id');
  const overrideId = override === undefined ? undefined : parseMsgId(override);
  if (override !== undefined && overrideId === undefined)
    throw refuse('not_replaceable', body.at('options.override_msg_id'));
  const minutes = options?.integer('big_push_duration', 0, 2 ** 31);
  if (minutes !== undefined && minutes > 1440)
    throw pushError(23006, `${options?.at('big_push_duration')} is more than 1440`);
  const cid = options?.text('cid');
  if (cid !== undefined && !/^[\w-]{1,64}$/.test(cid)) {
    throw refuse('field_invalid', `${options?.at('cid')} is not 1 to 64 letters, digits, "_" or "-"`);
  }
  options?.flag('enhanc_message');
  return {
    ttl_seconds: options?.integer('time_to_live', 0, MAX_TTL_SECONDS) ?? DEFAULT_OPTIONS.ttl_seconds,
    override_msg_id: overrideId,
    ios_production: options?.flag('apns_production') ?? DEFAULT_OPTIONS.ios_production,
    ios_collapse_id: options?.text('apns_collapse_id', 64),
    big_push_minutes: minutes || undefined,
    languages: options ? parseLanguages(options) : {},
    web_buttons: options ? parseButtons(options) : [],
    urgent: options?.integer('classification', 0, 1) === 1,
    voice_value: options?.text('voice_value'),
    plan_id: options?.text('plan_id', 50) || undefined,
    cid,
    auto_truncation: options?.flag('auto_truncation') ?? false,
    distributions: options ? parseDistributions(options) : [],
  };
}

function parseLanguages(options: Fields): Options['languages'] {
  const all = options.nested('multi_language');
  if (!all) return {};
  const entries = Object.keys(all.source).map((tag) => {
    const entry = all.nested(tag);
    return [tag.toLowerCase(), { content: entry?.text('content'), title: entry?.text('title') }] as const;
  });
  return Object.fromEntries(entries);
}

function parseButtons(options: Fields): readonly WebButton[] {
  const value = options.value('web_buttons');
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw refuse('field_type', `${options.at('web_buttons')} is not an array`);
  if (value.length > 2) throw refuse('field_invalid', `${options.at('web_buttons')} holds more than 2 buttons`);
  return value.map((item, index) => {
    const at = options.at(`web_buttons[${index}]`);
    if (!isObject(item)) throw refuse('field_type', `${at} is not an object`);
    const button = new Fields(item, at);
    const id = button.text('id');
    const text = button.text('text');
    if (!id) throw refuse('field_missing', button.at('id'));
    if (!text) throw refuse('field_missing', button.at('text'));
    return { id, text, icon: readImageUrl(button, 'icon'), url: readPageUrl(button, 'url') };
  });
}

/** The web service is `w3push`; `hmos` is its own platform; every other name is a channel of Android. */
function parseDistributions(options: Fields): readonly Platform[] {
  const channels = options.nested('third_party_channel');
  if (!channels) return [];
  const platforms = new Set<Platform>();
  for (const name of Object.keys(channels.source)) {
    const channel = channels.nested(name);
    if (!channel || !('distribution' in channel.source)) continue;
    const way = channel.source.distribution;
    if (typeof way !== 'string' || !DISTRIBUTIONS.includes(way)) throw pushError(27009, channel.at('distribution'));
    platforms.add(name === 'w3push' ? 'web' : name === 'hmos' ? 'hmos' : 'android');
  }
  return [...platforms];
}

/** A chosen distribution needs something to show. Checked before the rules of an empty alert. */
export function checkDistribution(
  distributions: readonly Platform[],
  notification: Notification | undefined,
  platforms: readonly Platform[],
  body: Fields,
): void {
  if (!notification) return;
  for (const platform of distributions) {
    if (!platforms.includes(platform)) continue;
    const alert = alertFor(notification, platform);
    if (alert !== undefined && textOf(alert) !== '') continue;
    if (notification[platform] || notification.alert !== undefined) {
      throw pushError(27008, body.at(`notification.${platform}.alert`));
    }
  }
}
