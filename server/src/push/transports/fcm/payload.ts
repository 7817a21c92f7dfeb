// The FCM message for an Android device, without its token.

import { bytesOf, type JsonObject } from '../../fields.ts';
import { chooseText, fit, type PayloadContext } from '../../message/content.ts';
import type { Kind } from '../../message/message.ts';
import type { AndroidBlock } from '../../message/notification.ts';
import { refuse } from '../../refusals.ts';

/** What FCM accepts as notification and data together. */
export const MAX_FCM_PAYLOAD = 4096;

export interface FcmMessage {
  readonly notification?: JsonObject;
  readonly data: Record<string, string>;
  readonly android?: JsonObject;
  readonly apns?: JsonObject;
}

const PRIORITIES = ['PRIORITY_MIN', 'PRIORITY_LOW', 'PRIORITY_DEFAULT', 'PRIORITY_HIGH', 'PRIORITY_MAX'];

/** Names that FCM keeps for itself. */
const RESERVED = /^(from|message_type|collapse_key)$|^(google|gcm)\./;

export function androidPayload(context: PayloadContext, kind: Kind): FcmMessage {
  const text = kind === 'message' ? undefined : chooseText(context, 'android');
  const block = context.message.notification?.android;
  const body = text?.body || (block?.style === 1 ? (block.big_text ?? '') : '');
  const build = (shown: string) => (kind === 'message' ? silent(context) : visible(context, block, text?.title, shown));
  return fit(context, body, MAX_FCM_PAYLOAD, 'FCM', build, (message) =>
    bytesOf(JSON.stringify([message.notification, message.data])),
  );
}

function visible(
  context: PayloadContext,
  block: AndroidBlock | undefined,
  title: string | undefined,
  body: string,
): FcmMessage {
  const { app, message } = context;
  const data = notificationData(context, block);
  // An empty alert means "deliver, do not show".
  if (body === '') return { data, android: delivery(context, block) };
  const details = {
    channel_id: block?.channel_id,
    notification_priority: PRIORITIES[(block?.priority ?? 0) + 2],
    sound: block?.sound,
    icon: block?.small_icon && !block.small_icon.includes('/') ? block.small_icon : undefined,
    image: block?.style === 3 && block.big_pic_path?.startsWith('https://') ? block.big_pic_path : undefined,
    notification_count: block?.badge_set_num,
    click_action: block?.intent_url && /^[\w.]+$/.test(block.intent_url) ? block.intent_url : undefined,
    tag: String(context.shown_id),
  };
  return {
    notification: { title: title ?? app.name, body },
    data: message.options.voice_value ? { ...data, voice_value: message.options.voice_value } : data,
    android: { ...delivery(context, block), notification: details },
  };
}

function notificationData(context: PayloadContext, block: AndroidBlock | undefined): Record<string, string> {
  const data: Record<string, string> = { ...asData(block?.extras, 'notification.android.extras') };
  for (const [name, value] of Object.entries(block?.client ?? {})) data[`mt_${name}`] = asText(value);
  if (block?.badge_add_num !== undefined) data.mt_badge_add = String(block.badge_add_num);
  if (block?.big_text && block.style === 1) data.big_text = block.big_text;
  if (block?.intent_url) data.url = block.intent_url;
  return { ...data, ...identity(context) };
}

function silent(context: PayloadContext): FcmMessage {
  const message = context.message.message;
  const data: Record<string, string> = { ...asData(message?.extras, 'body.message.extras') };
  if (message) data.msg_content = asText(message.msg_content);
  if (message?.title) data.title = message.title;
  if (message?.content_type) data.content_type = message.content_type;
  return { data: { ...data, ...identity(context) }, android: delivery(context, undefined) };
}

function delivery(context: PayloadContext, block: AndroidBlock | undefined): JsonObject {
  const { options } = context.message;
  const high = options.urgent || (block?.priority ?? 0) >= 1;
  return {
    priority: high ? 'HIGH' : 'NORMAL',
    ...(options.override_msg_id !== undefined && { collapse_key: String(context.shown_id) }),
  };
}

function identity({ app, msg_id }: PayloadContext): Record<string, string> {
  return { msg_id: String(msg_id), app_key: app.app_key, report: app.report_url };
}

/** FCM's data holds text only. */
export function asData(extras: JsonObject | undefined, path: string): Record<string, string> {
  const data: Record<string, string> = {};
  for (const [name, value] of Object.entries(extras ?? {})) {
    if (RESERVED.test(name)) throw refuse('field_invalid', `${path}.${name} is a name that FCM keeps for itself`);
    if (value !== null && value !== undefined) data[name] = asText(value);
  }
  return data;
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
