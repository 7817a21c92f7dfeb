// What is sent to one device, and what became of one attempt at it.

import type { Target } from '../audience/targets.ts';
import type { Kind } from '../message/message.ts';
import type { Outcome } from '../transports/outcome.ts';

export interface Delivery {
  readonly target: Target;
  readonly kind: Kind;
  /** Attempts made before this one. */
  readonly attempts: number;
  /** Fresh from the audience: it is not among the recorded targets yet. */
  readonly fresh: boolean;
}

/** `deferred` was not tried because its service is paused; `unreachable` has no credential to try with. */
export type Attempt =
  | Outcome
  | { readonly class: 'deferred'; readonly untilMs: number; readonly reason: string }
  /** Its turn in a slow push comes later. */
  | { readonly class: 'planned'; readonly untilMs: number }
  | { readonly class: 'expired'; readonly reason: string }
  | { readonly class: 'unreachable'; readonly code: number; readonly reason: string };

export interface Result {
  readonly delivery: Delivery;
  readonly attempt: Attempt;
  /** The badge that the phone now shows. */
  readonly badge?: number;
  /** Apple knows the token at the other of its hosts. */
  readonly otherHost?: boolean;
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
