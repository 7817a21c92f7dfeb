// How a message waits in the database: with the version of its form, and complete again when it is read.

import { type Audience, NO_FACTS, NO_SELECTOR } from '../audience/audience.ts';
import type { SchedulePart } from '../audience/targets.ts';
import type { JsonObject } from '../fields.ts';
import type { CustomMessage, LiveActivity, Message } from './message.ts';
import type { AndroidBlock, HmosBlock, IosBlock, Notification, WebBlock } from './notification.ts';
import { DEFAULT_OPTIONS } from './options.ts';
import { fromForm1 } from './stored-form-1.ts';

/** Counts up when a field gets another name or meaning. A field that is only added needs a default below; the compiler asks for it. */
const FORM = 2;

/** What `audience` of a message row holds. */
export interface StoredAudience {
  readonly audience: Audience;
  readonly segment: Audience | undefined;
  readonly part: SchedulePart | undefined;
}

export const packMessage = (message: Message): string => JSON.stringify({ v: FORM, ...message });
export const packAudience = (stored: StoredAudience): string => JSON.stringify({ v: FORM, ...stored });

/** A stored message, every field filled. Throws for a form that only a newer server knows. */
export function unpackMessage(stored: JsonObject): Message {
  const { v, ...fields } = stored;
  const message = (formOf(v) === 1 ? fromForm1(fields) : fields) as Partial<Message>;
  return {
    platforms: message.platforms ?? [],
    named: message.named ?? true,
    notification: message.notification && unpackNotification(message.notification),
    message: message.message && { ...EMPTY_MESSAGE, ...message.message },
    live_activity: message.live_activity && { ...EMPTY_ACTIVITY, ...message.live_activity },
    voip: message.voip,
    options: { ...DEFAULT_OPTIONS, ...message.options },
  };
}

/** A stored audience, every selector filled. Throws for a form that only a newer server knows: to ignore a selector is to reach too many. */
export function unpackAudience(stored: JsonObject): StoredAudience {
  formOf(stored.v);
  const { audience, segment, part } = stored as Partial<StoredAudience>;
  if (!audience) throw new Error('A stored message has no audience');
  return { audience: unpackSelectors(audience), segment: segment && unpackSelectors(segment), part };
}

/** Form 1 was stored without a number. */
function formOf(v: unknown): number {
  const form = v ?? 1;
  if (typeof form === 'number' && form >= 1 && form <= FORM) return form;
  throw new Error(`A message is stored in form ${String(form)}, which only a newer server reads`);
}

function unpackSelectors(stored: Partial<Audience>): Audience {
  const { live_update } = stored;
  return { ...NO_SELECTOR, ...stored, live_update: live_update && { ...NO_FACTS, ...live_update } };
}

function unpackNotification(stored: Partial<Notification>): Notification {
  const { alert, android, ios, hmos, web } = stored;
  return {
    alert,
    android: android && { ...EMPTY_ANDROID, ...android },
    ios: ios && { ...EMPTY_IOS, ...ios },
    hmos: hmos && { ...EMPTY_HMOS, ...hmos },
    web: web && { ...EMPTY_WEB, ...web },
  };
}

const EMPTY_MESSAGE: CustomMessage = {
  msg_content: '',
  title: undefined,
  content_type: undefined,
  extras: undefined,
};

const EMPTY_ACTIVITY: LiveActivity = {
  event: 'update',
  attributes_type: undefined,
  attributes: undefined,
  content_state: {},
  alert: undefined,
  dismissal_date: undefined,
  stale_date: undefined,
  relevance_score: undefined,
  priority: 10,
};

const EMPTY_WEB: WebBlock = {
  alert: undefined,
  title: undefined,
  url: undefined,
  icon: undefined,
  image: undefined,
  extras: undefined,
};

const EMPTY_ANDROID: AndroidBlock = {
  alert: undefined,
  title: undefined,
  channel_id: undefined,
  priority: 0,
  style: 0,
  big_text: undefined,
  big_pic_path: undefined,
  small_icon: undefined,
  sound: undefined,
  badge_add_num: undefined,
  badge_set_num: undefined,
  intent_url: undefined,
  extras: undefined,
  client: {},
};

const EMPTY_IOS: IosBlock = {
  alert: undefined,
  sound: undefined,
  badge: undefined,
  content_available: false,
  mutable_content: false,
  category: undefined,
  thread_id: undefined,
  interruption_level: undefined,
  extras: undefined,
};

const EMPTY_HMOS: HmosBlock = { alert: undefined };
