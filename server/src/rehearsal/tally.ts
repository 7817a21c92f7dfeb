// Counts what a change means for the devices that it concerns. Pure.

import { type RefusalCode, refusals } from '@overair/protocol/device/refusals';
import type { DeviceGroup } from '../devices/device-groups.ts';
import { decide, runsStoreBundle, settle } from '../updates/decide.ts';
import type { Decision } from '../updates/decision.ts';
import { knownQuestion } from '../updates/known-question.ts';
import type { Question } from '../updates/question.ts';
import type { AppState } from '../updates/release-state.ts';
import { type Counted, CountedRows } from './counted-rows.ts';
import { Replay, type Way } from './replay.ts';

const STORE_BUNDLE = 'builtin';

/** Refusals that say: the app itself is too old, or too new, for the bundle. */
const NATIVE_REFUSALS: ReadonlySet<string> = new Set<RefusalCode>([
  'disable_auto_update_to_major',
  'disable_auto_update_to_minor',
  'disable_auto_update_to_patch',
  'disable_auto_update_to_metadata',
  'disable_auto_update_under_native',
]);

/** A move, with whether it downloads single files. */
export type Download = Way & Counted & { by_files: boolean };

interface Native {
  platform: string;
  native_version: string;
  code: string;
}

interface Answered {
  decision: Decision;
  /** What it is told to run; undefined: to stay. */
  target: string | undefined;
}

/** States before and after the change, and the channels that the change touches, by id. */
interface Change {
  readonly before: AppState;
  readonly after: AppState;
  readonly touched: ReadonlySet<number>;
}

export class Tally {
  readonly #change: Change;
  readonly #moves = new CountedRows<Way>();
  readonly #downloads = new CountedRows<Way & { by_files: boolean }>();
  readonly #pending = new CountedRows<Way>();
  readonly #heldBack = new CountedRows<Way>();
  readonly #refused = new CountedRows<{ code: string }>();
  readonly #leftBehind = new CountedRows<Native>();
  readonly #replay = new Replay();
  readonly #devices = { known: 0, dormant: 0, concerned: 0, up_to_date: 0, undecided: 0 };

  constructor(change: Change) {
    this.#change = change;
  }

  add(group: DeviceGroup): void {
    const { before, after, touched } = this.#change;
    this.#devices.known += group.devices;
    if (group.is_dormant) this.#devices.dormant += group.devices;
    const question = knownQuestion(after.app_id, group);
    if (question === undefined) {
      this.#devices.undecided += group.devices;
      return;
    }
    const from = runsStoreBundle(before, question) ? STORE_BUNDLE : question.version_name;
    const was = answerOf(before, question, group);
    const is = answerOf(after, question, group);
    const isTouched = [was, is].some(({ decision }) => decision.channel && touched.has(decision.channel.id));
    if (!isTouched && was.target === is.target) return;
    this.#devices.concerned += group.devices;
    this.#count(group, from, was, is);
  }

  #count(group: DeviceGroup, from: string, was: Answered, { decision, target }: Answered): void {
    if (target !== undefined) {
      const way = { from, to: target };
      const isNew = target !== was.target;
      (isNew ? this.#moves : this.#pending).add(way, group);
      this.#replay.add(group, isNew ? way : undefined);
      if (isNew && decision.kind === 'update') this.#downloads.add({ ...way, by_files: decision.withManifest }, group);
      return;
    }
    this.#replay.add(group, undefined);
    if (was.target !== undefined) this.#heldBack.add({ from, to: was.target }, group);
    if (decision.kind === 'refusal') this.#countRefusal(group, decision.code);
  }

  #countRefusal(group: DeviceGroup, code: RefusalCode): void {
    if (refusals[code].kind === 'up_to_date') {
      this.#devices.up_to_date += group.devices;
      return;
    }
    this.#refused.add({ code }, group);
    if (!NATIVE_REFUSALS.has(code)) return;
    this.#leftBehind.add({ platform: group.platform, native_version: group.version_build ?? '', code }, group);
  }

  result() {
    const devices = {
      ...this.#devices,
      moving: this.#moves.devices,
      pending: this.#pending.devices,
      held_back: this.#heldBack.devices,
      refused: this.#refused.devices,
    };
    return {
      devices,
      moves: this.#moves.largest(),
      downloads: this.#downloads.largest(),
      pending: this.#pending.largest(),
      held_back: this.#heldBack.largest(),
      refused: this.#refused.largest(),
      left_behind: this.#leftBehind.largest(),
      replay: this.#replay.result(),
    };
  }
}

function answerOf(state: AppState, question: Question, group: DeviceGroup): Answered {
  const offered = group.was_offered_running ? question.version_name : undefined;
  const decision = settle(decide(state, question), offered);
  if (decision.kind === 'update') return { decision, target: decision.bundle.name };
  return { decision, target: decision.kind === 'builtin' ? STORE_BUNDLE : undefined };
}
