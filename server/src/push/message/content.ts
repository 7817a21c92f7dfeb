// What the payloads of all platforms share: which parts go where, and the text in a device's language.

import { bytesOf } from '../fields.ts';
import type { Platform } from '../platforms.ts';
import { refuse } from '../refusals.ts';
import type { Kind, Message } from './message.ts';
import { type Alert, alertFor, textOf, titleOf } from './notification.ts';

/** The facts of an app that its payloads show or carry. */
export interface AppFacts {
  readonly app_key: string;
  readonly name: string;
  readonly default_url: string | null;
  readonly default_icon: string | null;
  /** Where clients report receipts. */
  readonly report_url: string;
}

/** One payload is made per message, platform, kind and language; devices with the same four share it. */
export interface PayloadContext {
  readonly app: AppFacts;
  readonly message: Message;
  readonly msg_id: number;
  /** What push services and phones know the message by: the replaced message's id, else its own. */
  readonly shown_id: number;
  readonly created_at: Date;
  /** The key of the chosen `multi_language` entry, '' for the default text. */
  readonly language: string;
}

interface Text {
  readonly title: string | undefined;
  readonly body: string;
}

/** The entry of `multi_language` for a device: its exact tag, else its primary subtag, else ''. */
export function chooseLanguage(message: Message, deviceLanguage: string | null): string {
  if (!deviceLanguage) return '';
  const tag = deviceLanguage.toLowerCase().replaceAll('_', '-');
  if (message.options.languages[tag]) return tag;
  const primary = tag.split('-')[0] ?? '';
  return message.options.languages[primary] ? primary : '';
}

/** Title and text of the notification for one platform in one language; undefined when it has no alert. */
export function chooseText(context: PayloadContext, platform: Platform): Text | undefined {
  const { notification, options } = context.message;
  if (!notification) return undefined;
  const alert: Alert | undefined = alertFor(notification, platform);
  if (alert === undefined) return undefined;
  const translated = options.languages[context.language];
  const block = notification[platform];
  const ownTitle = block && 'title' in block ? block.title : undefined;
  return {
    title: translated?.title ?? ownTitle ?? titleOf(alert),
    body: translated?.content ?? textOf(alert),
  };
}

/**
 * Builds with the whole text; when the result is too large and the caller allows it, builds again with a shorter one.
 * `build` gets the text to show, `size` says how many bytes the result takes.
 */
export function fit<T>(
  context: PayloadContext,
  body: string,
  max: number,
  what: string,
  build: (body: string) => T,
  size: (payload: T) => number,
): T {
  const whole = build(body);
  const excess = size(whole) - max;
  if (excess <= 0) return whole;
  if (context.message.options.auto_truncation && body.length > 1) {
    const shorter = build(truncate(body, bytesOf(body) - excess - 3));
    if (size(shorter) <= max) return shorter;
  }
  throw refuse('too_large', `the ${what} payload has ${max + excess} bytes, at most ${max} are allowed`);
}

/** Cuts between characters, never inside one, and marks the cut. */
function truncate(text: string, maxBytes: number): string {
  let bytes = 0;
  let kept = '';
  for (const character of text) {
    bytes += bytesOf(character);
    if (bytes > maxBytes) break;
    kept += character;
  }
  return `${kept}…`;
}

/** What a platform is sent for this message; empty when the request holds nothing for it. */
export function kindsFor(message: Message, platform: Platform, app: Pick<AppFacts, 'default_url'>): readonly Kind[] {
  if (message.voip) return platform === 'ios' ? ['voip'] : [];
  if (message.live_activity) return platform === 'ios' ? ['live_activity'] : [];
  const { notification } = message;
  const kinds: Kind[] = [];
  if (notification) {
    const hasAlert = alertFor(notification, platform) !== undefined;
    // A web notification needs a link to open on a click; a request without one was not written for browsers.
    const hasLink = platform !== 'web' || Boolean(notification.web?.url ?? app.default_url);
    const silent = platform === 'ios' && notification.ios?.content_available === true;
    if ((hasAlert && hasLink) || silent) kinds.push('notification');
  }
  if (message.message) kinds.push('message');
  return kinds;
}
