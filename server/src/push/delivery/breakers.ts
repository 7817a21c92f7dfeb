// Circuit breakers: a push service that is down, refuses our credential or throttles us does not stall the others.

import type { Outcome } from '../transports/outcome.ts';

/** Pauses after our credentials were refused, one after the other. */
const AUTH_PAUSES_MS = [60_000, 120_000, 300_000, 900_000];
/** Failures without an answer in a row, after which a service counts as down. */
const DOWN_AFTER = 20;
const DOWN_PAUSE_MS = 30_000;
/** Half-open: one request probes, for as long as it may wait for its answer; the rest keep failing fast. */
const TRIAL_MS = 10_000;
const THROTTLE_PAUSE_MS = 5_000;
/** Names come from endpoints that strangers register: the table must not grow without end. */
const MAX_ENTRIES = 10_000;

interface State {
  openUntil: number;
  reason: string;
  silent: number;
  /** It failed `DOWN_AFTER` times in a row without an answer, and has not answered since. */
  down: boolean;
  refusals: number;
}

interface Pause {
  readonly untilMs: number;
  readonly reason: string;
}

export class Breakers {
  readonly #states = new Map<string, State>();

  /**
   * The longest pause in force for any of these names; undefined when sending is allowed. After the pause of a service
   * that was down the breaker is half-open: the caller probes it, and `TRIAL_MS` holds for the others.
   */
  pause(names: readonly string[], nowMs: number): Pause | undefined {
    let longest: Pause | undefined;
    for (const name of names) {
      const state = this.#states.get(name);
      if (!state || state.openUntil <= nowMs) continue;
      if (!longest || state.openUntil > longest.untilMs) longest = { untilMs: state.openUntil, reason: state.reason };
    }
    if (longest) return longest;
    for (const name of names) {
      const state = this.#states.get(name);
      if (state?.down) state.openUntil = nowMs + TRIAL_MS;
    }
    return undefined;
  }

  /**
   * Learns from an outcome. `credential` is the app's account at present, `service` the host that answered.
   * Returns the pause when this outcome began one because our credentials were refused.
   */
  learn(credential: string, service: string, outcome: Outcome, nowMs: number): Pause | undefined {
    if (outcome.class === 'auth') return this.#refused(credential, outcome.reason, nowMs);
    if (outcome.class === 'throttle') {
      const state = this.#state(service);
      const wait = outcome.retryAfterMs ?? THROTTLE_PAUSE_MS;
      state.down = false;
      state.openUntil = Math.max(state.openUntil, nowMs + wait);
      state.reason = outcome.reason;
      return undefined;
    }
    if (outcome.class === 'transient') {
      const state = this.#state(service);
      state.silent += 1;
      if (state.down || state.silent >= DOWN_AFTER) {
        state.silent = 0;
        state.down = true;
        state.openUntil = nowMs + DOWN_PAUSE_MS;
        state.reason = outcome.reason;
      }
      return undefined;
    }
    this.#states.delete(service);
    // A refusal of one device is an answer of the service, and says nothing yet about the credential.
    if (outcome.class !== 'refused') this.#states.delete(credential);
    return undefined;
  }

  #refused(credential: string, reason: string, nowMs: number): Pause | undefined {
    const state = this.#state(credential);
    // The rest of a batch is refused for the same reason: it counts once.
    if (state.openUntil > nowMs) return undefined;
    const wait = AUTH_PAUSES_MS[Math.min(state.refusals, AUTH_PAUSES_MS.length - 1)] ?? 0;
    state.refusals += 1;
    state.openUntil = nowMs + wait;
    state.reason = reason;
    return { untilMs: state.openUntil, reason };
  }

  #state(name: string): State {
    const known = this.#states.get(name);
    if (known) return known;
    const oldest = this.#states.size >= MAX_ENTRIES ? this.#states.keys().next().value : undefined;
    if (oldest !== undefined) this.#states.delete(oldest);
    const state = { openUntil: 0, reason: '', silent: 0, down: false, refusals: 0 };
    this.#states.set(name, state);
    return state;
  }
}
