// A fleet in virtual time: how many devices ask, download, start and report in each tick. Waiting times are exponential, so a crowd of
// any size needs no memory of its devices: who waits acts in a tick with the same chance, however long it waited.

import { drawBinomial, type Random } from './random.ts';
import { MEAN_HOURS_TO_ASK, MEAN_HOURS_TO_START, type NetworkFault, type Scenario } from './scenario.ts';

export const TICK_HOURS = 1 / 12;
const TICK_MS = TICK_HOURS * 3_600_000;

const asksInTick = 1 - Math.exp(-TICK_HOURS / MEAN_HOURS_TO_ASK);
const startsInTick = 1 - Math.exp(-TICK_HOURS / MEAN_HOURS_TO_START);
/** Downloads that a healthy network loses. */
const LOST_DOWNLOADS = 0.005;
/** Devices that install other bundles meanwhile, in devices of the fleet: the control arm. */
const CONTROL_SHARE = 0.2;

/** What the server hears in one tick, in devices. */
export interface Heard {
  opened: number;
  failedToOpen: number;
  /** Could not open it at an earlier try, and did now. */
  openedAfterAll: number;
  started: number;
  failedToStart: number;
  /** Downloads of this bundle and of others: all, and those that the network lost. */
  downloads: { ours: number; lostOurs: number; control: number; lostControl: number };
}

export class Fleet {
  readonly #scenario: Scenario;
  readonly #random: Random;
  /** Devices by what they do next. */
  #waiting = 0;
  #retrying = 0;
  #opened = 0;
  #share = 0;
  #exposed = 0;

  constructor(scenario: Scenario, random: Random) {
    this.#scenario = scenario;
    this.#random = random;
  }

  /** Devices that started the bundle, whether it failed or not. */
  get exposed(): number {
    return this.#exposed;
  }

  /** `share` in percent: devices that it adds are offered the bundle when they ask. */
  offerTo(share: number): void {
    const { devices } = this.#scenario;
    this.#waiting += Math.round((devices * share) / 100) - Math.round((devices * this.#share) / 100);
    this.#share = share;
  }

  tick(hour: number): Heard {
    const { failsToOpen, failsToStart, muteShare, networkFault, devices } = this.#scenario;
    const fault = faultAt(networkFault, hour);
    const lost = LOST_DOWNLOADS + fault.failing;
    const truncated = failsToOpen + fault.truncated;

    const first = this.#try(this.#waiting, lost, truncated);
    const again = this.#try(this.#retrying, lost, truncated);
    this.#waiting -= first.opened + first.failed;
    this.#retrying += first.failed - again.opened;
    this.#opened += first.opened + again.opened;

    const starting = this.#draw(this.#opened, startsInTick);
    this.#opened -= starting;
    this.#exposed += starting;
    const heard = this.#draw(starting, 1 - muteShare);
    const failedToStart = this.#draw(heard, failsToStart);

    const control = this.#draw(Math.round(devices * CONTROL_SHARE), asksInTick);
    return {
      opened: this.#draw(first.opened, 1 - muteShare),
      failedToOpen: this.#draw(first.failed, 1 - muteShare),
      openedAfterAll: this.#draw(again.opened, 1 - muteShare),
      started: heard - failedToStart,
      failedToStart,
      downloads: {
        ours: first.asked + again.asked,
        lostOurs: first.lost + again.lost,
        control,
        lostControl: this.#draw(control, lost),
      },
    };
  }

  #try(crowd: number, lost: number, truncated: number) {
    const asked = this.#draw(crowd, asksInTick);
    const lostNow = this.#draw(asked, lost);
    const failed = this.#draw(asked - lostNow, truncated);
    return { asked, lost: lostNow, failed, opened: asked - lostNow - failed };
  }

  #draw(count: number, share: number): number {
    return drawBinomial(this.#random, count, share);
  }
}

export const millisecondsOf = (tick: number): number => tick * TICK_MS;

function faultAt(fault: NetworkFault | undefined, hour: number): { failing: number; truncated: number } {
  if (fault === undefined || hour < fault.atHour || hour >= fault.atHour + 2) return { failing: 0, truncated: 0 };
  return fault;
}
