// What a message shows: a common alert and one block per platform.

import { isObject, type JsonObject } from '../fields.ts';
import type { Platform } from '../platforms.ts';

/** Text, or a dictionary in Apple's form (`title`, `subtitle`, `body`, `loc-key`…). */
export type Alert = string | JsonObject;

export interface WebBlock {
  readonly alert: Alert | undefined;
  readonly title: string | undefined;
  readonly url: string | undefined;
  readonly icon: string | undefined;
  readonly image: string | undefined;
  readonly extras: JsonObject | undefined;
}

export interface AndroidBlock {
  readonly alert: Alert | undefined;
  readonly title: string | undefined;
  readonly channel_id: string | undefined;
  /** From -2, the lowest, to 2. */
  readonly priority: number;
  /** 0: plain, 1: a long text, 2: several lines, 3: a picture. */
  readonly style: number;
  readonly big_text: string | undefined;
  readonly big_pic_path: string | undefined;
  readonly small_icon: string | undefined;
  readonly sound: string | undefined;
  readonly badge_add_num: number | undefined;
  readonly badge_set_num: number | undefined;
  readonly intent_url: string | undefined;
  readonly extras: JsonObject | undefined;
  /** Fields that only the app on the phone can act on, by the name it knows them by. */
  readonly client: Readonly<Record<string, unknown>>;
}

export interface IosBlock {
  readonly alert: Alert | undefined;
  readonly sound: string | JsonObject | undefined;
  /** `add` is relative to what the device shows. */
  readonly badge: { readonly set: number } | { readonly add: number } | undefined;
  readonly content_available: boolean;
  readonly mutable_content: boolean;
  readonly category: string | undefined;
  readonly thread_id: string | undefined;
  readonly interruption_level: string | undefined;
  readonly extras: JsonObject | undefined;
}

export interface HmosBlock {
  readonly alert: Alert | undefined;
}

export interface Notification {
  readonly alert: Alert | undefined;
  readonly android: AndroidBlock | undefined;
  readonly ios: IosBlock | undefined;
  readonly hmos: HmosBlock | undefined;
  readonly web: WebBlock | undefined;
}

/** The text to show: the platform's own alert, else the common one; undefined when there is neither. */
export function alertFor(notification: Notification, platform: Platform): Alert | undefined {
  return notification[platform]?.alert ?? notification.alert;
}

/** The plain text of an alert. */
export function textOf(alert: Alert): string {
  if (typeof alert === 'string') return alert;
  return typeof alert.body === 'string' ? alert.body : '';
}

/** The title inside an alert dictionary. */
export function titleOf(alert: Alert | undefined): string | undefined {
  return isObject(alert) && typeof alert.title === 'string' ? alert.title : undefined;
}
