// What is sent: a message in its normal form, whatever dialect it was asked for in.

import type { JsonObject } from '../fields.ts';
import type { Platform } from '../platforms.ts';
import type { Notification } from './notification.ts';
import { DEFAULT_OPTIONS, type Options } from './options.ts';

/** One request can deliver twice under one msg_id; statistics keep the two apart. */
export type Kind = 'notification' | 'message' | 'live_activity' | 'voip';

export interface CustomMessage {
  readonly msg_content: string | JsonObject;
  readonly title: string | undefined;
  readonly content_type: string | undefined;
  readonly extras: JsonObject | undefined;
}

export interface LiveActivity {
  readonly event: 'start' | 'update' | 'end';
  readonly attributes_type: string | undefined;
  readonly attributes: JsonObject | undefined;
  readonly content_state: JsonObject;
  readonly alert: JsonObject | undefined;
  /** Unix seconds. */
  readonly dismissal_date: number | undefined;
  /** Unix seconds. */
  readonly stale_date: number | undefined;
  readonly relevance_score: number | undefined;
  /** 5: when it suits the phone's battery; 10: at once. */
  readonly priority: number;
}

export interface Message {
  readonly platforms: readonly Platform[];
  /** False when the caller meant all platforms: one without content is then left out instead of being an error. */
  readonly named: boolean;
  readonly notification: Notification | undefined;
  readonly message: CustomMessage | undefined;
  readonly live_activity: LiveActivity | undefined;
  readonly voip: JsonObject | undefined;
  readonly options: Options;
}

/** A message for the app on the phone, which shows nothing. */
export function silentMessage(
  platforms: readonly Platform[],
  content: Pick<CustomMessage, 'msg_content' | 'extras'>,
  options: Partial<Options> = {},
): Message {
  return {
    platforms,
    named: true,
    notification: undefined,
    message: { title: undefined, content_type: undefined, ...content },
    live_activity: undefined,
    voip: undefined,
    options: { ...DEFAULT_OPTIONS, ...options },
  };
}
