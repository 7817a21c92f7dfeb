// How a message is sent: how long, how urgent, instead of what, in which language.

import type { Platform } from '../platforms.ts';

export interface WebButton {
  readonly id: string;
  readonly text: string;
  readonly icon: string | undefined;
  readonly url: string | undefined;
}

interface Translation {
  readonly content: string | undefined;
  readonly title: string | undefined;
}

export interface Options {
  readonly ttl_seconds: number;
  readonly override_msg_id: number | undefined;
  /** To iPhones whose app came from the App Store or TestFlight; false: to those that a developer built for. */
  readonly ios_production: boolean;
  /** iPhones show only the last message of the same id. */
  readonly ios_collapse_id: string | undefined;
  readonly big_push_minutes: number | undefined;
  /** By the language tag in lower case. */
  readonly languages: Readonly<Record<string, Translation>>;
  readonly web_buttons: readonly WebButton[];
  /** A system message: sent with the provider's higher urgency. */
  readonly urgent: boolean;
  readonly voice_value: string | undefined;
  readonly plan_id: string | undefined;
  readonly cid: string | undefined;
  readonly auto_truncation: boolean;
  /** Platforms for which the caller chose a way of distribution; all ways lead through the system's channel here. */
  readonly distributions: readonly Platform[];
}

export const DEFAULT_OPTIONS: Options = {
  ttl_seconds: 86_400,
  override_msg_id: undefined,
  ios_production: true,
  ios_collapse_id: undefined,
  big_push_minutes: undefined,
  languages: {},
  web_buttons: [],
  urgent: false,
  voice_value: undefined,
  plan_id: undefined,
  cid: undefined,
  auto_truncation: false,
  distributions: [],
};
