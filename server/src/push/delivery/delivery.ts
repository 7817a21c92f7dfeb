// What is sent to one device, and what became of one attempt at it.

import type { Target } from '../audience/targets.ts';
import type { Kind } from '../message/message.ts';
import type { DeviceFacts } from '../transports/device-facts.ts';
import type { Outcome } from '../transports/outcome.ts';

export interface Delivery {
  readonly target: Target;
  readonly kind: Kind;
  /** Attempts made before this one. */
  readonly attempts: number;
  /** Fresh from the audience: it is not among the recorded targets yet. */
  readonly fresh: boolean;
}

export type Attempt =
  | Outcome
  /** Not tried, because its service is paused. */
  | { readonly class: 'deferred'; readonly untilMs: number; readonly reason: string }
  /** Its turn in a slow push comes later. */
  | { readonly class: 'planned'; readonly untilMs: number }
  | { readonly class: 'expired'; readonly reason: string }
  /** There is no message that could be sent: the payload cannot be built, or the stored address cannot be read. Says nothing about the device. */
  | { readonly class: 'unbuilt'; readonly reason: string }
  /** There is no way to the device at present: no credential, no token for this kind of message. */
  | { readonly class: 'unreachable'; readonly code: number; readonly reason: string };

/** Whom a request goes to. */
export interface Way {
  /** The part of a channel that accepts or refuses as one: see `Service`. */
  readonly service: string;
  /** The host, with the account at it where that matters, that is up or down as one. */
  readonly host: string;
  /** The phone itself named the topic, and it is not the owner's. */
  readonly foreign?: boolean;
}

export interface Result {
  readonly delivery: Delivery;
  readonly attempt: Attempt;
  /** The badge that the phone now shows. */
  readonly badge?: number | undefined;
  /** What the service let us learn about the device. */
  readonly learned?: DeviceFacts | undefined;
  /** Who accepted or refused it. */
  readonly by?: Judged;
}

/** The part of a channel that accepts or refuses as one. */
interface Judged {
  readonly service: string;
  /** Of the credential. */
  readonly version: number;
  /** It was paused before. */
  readonly afterPause: boolean;
  /** The phone itself named the topic, and it is not the owner's. */
  readonly foreign: boolean;
}
