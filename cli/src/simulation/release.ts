// One release in a simulated fleet, looked after by the code that runs in the server: evidence, guard and ramp.

import { NO_NETWORK_EVIDENCE, observePeriod } from '@overair/protocol/rollouts/control-arm';
import { mayCount } from '@overair/protocol/rollouts/device-trials';
import { type Evidence, NO_EVIDENCE } from '@overair/protocol/rollouts/evidence';
import { decideGuard, type GuardDecision, type GuardState, UNTOUCHED } from '@overair/protocol/rollouts/guard';
import { carryOut, look, nextMove, type RampMove, startRamp } from '@overair/protocol/rollouts/ramp';
import { toleranceOf } from '@overair/protocol/rollouts/tolerance';
import { Fleet, type Heard, millisecondsOf, TICK_HOURS } from './fleet.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';

/** Two days after everybody could have it, nothing new is learned. */
const HOURS_AFTER_LAST_STEP = 48;
const LONGEST_HOURS = 24 * 45;
const START_MS = Date.UTC(2026, 0, 5);

export interface Ending {
  /** `asked`: the plan waits for a person at `share`. `kept`: everybody could have it, and nothing spoke against it. */
  readonly kind: 'stopped' | 'taken_back' | 'asked' | 'kept';
  readonly hours: number;
  /** Percent of the fleet to which the bundle was offered, and that started it. */
  readonly share: number;
  readonly exposedShare: number;
  /** Hours until the ramp went beyond 5 % by itself. */
  readonly passedGateHours: number | undefined;
  /** Whether downloads that failed held the ramp. */
  readonly wasHeld: boolean;
}

/** Another rule in the guard's place, for comparison: told what was heard in each tick, it says whether it stops the release. */
export type OtherRule = (heard: Heard, hour: number) => boolean;

export function simulateRelease(scenario: Scenario, random: Random, otherRule?: OtherRule): Ending {
  const release = new Release(scenario, random, otherRule);
  for (;;) {
    const ending = release.tick();
    if (ending !== undefined) return ending;
  }
}

class Release {
  readonly #scenario: Scenario;
  readonly #fleet: Fleet;
  readonly #otherRule: OtherRule | undefined;
  readonly #tolerance = toleranceOf([]);
  #evidence: Evidence = NO_EVIDENCE;
  #network = NO_NETWORK_EVIDENCE;
  #guard: GuardState = UNTOUCHED;
  #ramp = startRamp(START_MS);
  #tick = 0;
  #share: number;
  #passedGateHours: number | undefined;
  #finishedAtHour: number | undefined;

  constructor(scenario: Scenario, random: Random, otherRule: OtherRule | undefined) {
    this.#scenario = scenario;
    this.#fleet = new Fleet(scenario, random);
    this.#otherRule = otherRule;
    this.#share = scenario.plan.steps[0]!.share;
    this.#fleet.offerTo(this.#share);
  }

  tick(): Ending | undefined {
    this.#tick += 1;
    const hour = this.#tick * TICK_HOURS;
    const heard = this.#fleet.tick(hour);
    this.#listen(heard);
    if (this.#otherRule !== undefined) {
      if (this.#otherRule(heard, hour)) return this.#end('stopped', hour);
    } else {
      const decision = this.#decide();
      if (decision.action === 'stop') return this.#end('stopped', hour);
      if (decision.action === 'take_back') return this.#end('taken_back', hour);
      if (decision.action === 'hold') this.#guard = { ...this.#guard, isHeld: true };
    }
    return this.#climb(hour);
  }

  #listen(heard: Heard): void {
    this.#count(heard);
    const { strangers } = this.#scenario;
    if (strangers !== undefined && this.#isNow(strangers.atHour)) this.#hearStrangers(strangers.devices);
    const { ours, lostOurs, control, lostControl } = heard.downloads;
    this.#network = observePeriod(this.#network, {
      ours: { passed: ours - lostOurs, failed: lostOurs },
      control: { passed: control - lostControl, failed: lostControl },
    });
  }

  #count({ opened, failedToOpen, openedAfterAll, started, failedToStart }: Heard): void {
    const { opening, starting } = this.#evidence;
    this.#evidence = {
      opening: {
        passed: opening.passed + opened + openedAfterAll,
        failed: Math.max(0, opening.failed + failedToOpen - openedAfterAll),
      },
      starting: { passed: starting.passed + started, failed: starting.failed + failedToStart },
    };
  }

  /** All behind one address, none of them known before the release. */
  #hearStrangers(devices: number): void {
    for (let counted = 0; counted < devices && mayCount(true, this.#scenario.devices, counted); counted++) {
      const { starting } = this.#evidence;
      this.#evidence = { ...this.#evidence, starting: { ...starting, failed: starting.failed + 1 } };
    }
  }

  #decide(): GuardDecision {
    const known = { evidence: this.#evidence, network: this.#network, tolerance: this.#tolerance };
    return decideGuard(known, { isOn: true, action: this.#scenario.action }, this.#guard);
  }

  #climb(hour: number): Ending | undefined {
    const nowMs = this.#nowMs(hour);
    this.#ramp = look(this.#ramp, nowMs);
    const move = nextMove(this.#scenario.plan, this.#ramp, this.#facts(), nowMs);
    this.#ramp = carryOut(this.#ramp, move);
    if (move.kind === 'advance') this.#widen(move, hour);
    if (move.kind === 'ask') return this.#end('asked', hour);
    if (move.kind === 'stop') return this.#end('stopped', hour);
    if (move.kind === 'finished') this.#finishedAtHour ??= hour;
    const isOver = hour - (this.#finishedAtHour ?? hour) >= HOURS_AFTER_LAST_STEP;
    if (isOver) return this.#end('kept', hour);
    return hour >= LONGEST_HOURS ? this.#end('asked', hour) : undefined;
  }

  #widen({ share }: Extract<RampMove, { kind: 'advance' }>, hour: number): void {
    this.#share = share;
    this.#fleet.offerTo(share);
    if (share > 5) this.#passedGateHours ??= hour;
  }

  #facts() {
    const held = this.#guard.isHeld ? ({ code: 'guard', sentence: 'a person: downloads fail' } as const) : null;
    return {
      evidence: this.#evidence,
      tolerance: this.#tolerance,
      fleetDevices: this.#scenario.devices,
      freezes: [],
      held,
    };
  }

  #nowMs(hour: number): number {
    const { clockJump } = this.#scenario;
    const jumpMs = clockJump !== undefined && hour >= clockJump.atHour ? clockJump.hours * 3_600_000 : 0;
    return START_MS + millisecondsOf(this.#tick) + jumpMs;
  }

  #isNow(hour: number): boolean {
    return this.#tick === Math.round(hour / TICK_HOURS);
  }

  #end(kind: Ending['kind'], hours: number): Ending {
    return {
      kind,
      hours,
      share: this.#share,
      exposedShare: (100 * this.#fleet.exposed) / this.#scenario.devices,
      passedGateHours: this.#passedGateHours,
      wasHeld: this.#guard.isHeld,
    };
  }
}
