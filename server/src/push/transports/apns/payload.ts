// The APNs payload and headers for an iPhone.

import { bytesOf, isObject, type JsonObject } from '../../fields.ts';
import { chooseText, fit, type PayloadContext } from '../../message/content.ts';
import type { Kind } from '../../message/message.ts';
import { alertFor, type IosBlock } from '../../message/notification.ts';

const MAX_APNS_PAYLOAD = 4096;
const MAX_VOIP_PAYLOAD = 5120;

/** What Apple takes of a kind. */
export const maxPayloadBytes = (kind: Kind): number => (kind === 'voip' ? MAX_VOIP_PAYLOAD : MAX_APNS_PAYLOAD);

export interface ApnsMessage {
  readonly pushType: 'alert' | 'background' | 'voip' | 'liveactivity';
  /** What follows the bundle id in `apns-topic`. */
  readonly topicSuffix: string;
  readonly priority: number;
  readonly collapseId: string | undefined;
  readonly payload: JsonObject;
  /** Changes the badge that the device shows; the sender counts per device. */
  readonly badge: IosBlock['badge'];
}

export function apnsPayload(context: PayloadContext, kind: Kind): ApnsMessage {
  if (kind === 'voip') return voip(context);
  if (kind === 'live_activity') return liveActivity(context);
  if (kind === 'message') return background(context);
  return notification(context);
}

function notification(context: PayloadContext): ApnsMessage {
  const { message } = context;
  const block = message.notification?.ios;
  const text = chooseText(context, 'ios');
  const loud = Boolean(text?.body || text?.title || block?.sound || block?.badge);
  const build = (body: string): ApnsMessage => ({
    pushType: loud ? 'alert' : 'background',
    topicSuffix: '',
    priority: loud ? 10 : 5,
    collapseId: collapseId(context),
    payload: { ...block?.extras, aps: aps(context, block, body, loud), ...identity(context) },
    badge: block?.badge,
  });
  return fit(context, text?.body ?? '', MAX_APNS_PAYLOAD, 'APNs', build, sizeOf);
}

function aps(context: PayloadContext, block: IosBlock | undefined, body: string, loud: boolean): JsonObject {
  const alert = loud ? alertDictionary(context, body) : undefined;
  return {
    ...(alert !== undefined && { alert }),
    ...(block?.sound !== undefined && { sound: block.sound }),
    ...((block?.content_available || !loud) && { 'content-available': 1 }),
    ...(block?.mutable_content && { 'mutable-content': 1 }),
    ...(block?.category !== undefined && { category: block.category }),
    ...(block?.thread_id !== undefined && { 'thread-id': block.thread_id }),
    ...(block?.interruption_level !== undefined && { 'interruption-level': block.interruption_level }),
  };
}

/** Text stays text; a dictionary is passed on; a title or a translation turns text into a dictionary. */
function alertDictionary(context: PayloadContext, body: string): string | JsonObject | undefined {
  const { notification } = context.message;
  const alert = notification && alertFor(notification, 'ios');
  const title = chooseText(context, 'ios')?.title;
  if (isObject(alert)) return { ...alert, ...(title !== undefined && { title }), ...(body !== '' && { body }) };
  if (body === '' && title === undefined) return undefined;
  return title === undefined ? body : { title, body };
}

function background(context: PayloadContext): ApnsMessage {
  const { message } = context.message;
  const data = {
    ...message?.extras,
    msg_content: message?.msg_content,
    title: message?.title,
    content_type: message?.content_type,
  };
  const payload = { ...data, aps: { 'content-available': 1 }, ...identity(context) };
  const built: ApnsMessage = {
    pushType: 'background',
    topicSuffix: '',
    priority: 5,
    collapseId: collapseId(context),
    payload,
    badge: undefined,
  };
  return fit(context, '', MAX_APNS_PAYLOAD, 'APNs', () => built, sizeOf);
}

function liveActivity(context: PayloadContext): ApnsMessage {
  const activity = context.message.live_activity;
  if (!activity) throw new Error('A live activity payload was asked of a message without one');
  const payload = {
    aps: {
      timestamp: Math.floor(context.created_at.getTime() / 1000),
      event: activity.event,
      'content-state': activity.content_state,
      'attributes-type': activity.attributes_type,
      attributes: activity.attributes,
      'stale-date': activity.stale_date,
      'dismissal-date': activity.dismissal_date,
      'relevance-score': activity.relevance_score,
      alert: activity.alert,
    },
  };
  const built: ApnsMessage = {
    pushType: 'liveactivity',
    topicSuffix: '.push-type.liveactivity',
    priority: activity.priority,
    collapseId: undefined,
    payload,
    badge: undefined,
  };
  return fit(context, '', MAX_APNS_PAYLOAD, 'live activity', () => built, sizeOf);
}

function voip(context: PayloadContext): ApnsMessage {
  const built: ApnsMessage = {
    pushType: 'voip',
    topicSuffix: '.voip',
    priority: 10,
    collapseId: undefined,
    payload: { ...context.message.voip, ...identity(context) },
    badge: undefined,
  };
  return fit(context, '', MAX_VOIP_PAYLOAD, 'VoIP', () => built, sizeOf);
}

/** The badge is counted per phone. */
export function withBadge(message: ApnsMessage, badge: number | undefined): ApnsMessage {
  if (badge === undefined) return message;
  return { ...message, payload: { ...message.payload, aps: { ...(message.payload.aps as object), badge } } };
}

function collapseId(context: PayloadContext): string | undefined {
  const { ios_collapse_id, override_msg_id } = context.message.options;
  return ios_collapse_id ?? (override_msg_id === undefined ? undefined : String(context.shown_id));
}

function identity({ app, msg_id }: PayloadContext): JsonObject {
  return { msg_id: String(msg_id), app_key: app.app_key };
}

/** The badge is counted at send time: a place for its widest value is kept. */
function sizeOf(message: ApnsMessage): number {
  return bytesOf(JSON.stringify(message.payload)) + (message.badge ? '"badge":99999,'.length : 0);
}
