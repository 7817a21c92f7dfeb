// What the guard of a release does about the evidence: nothing, or one thing, once.

import { logNetworkEvidence, type NetworkEvidence } from './control-arm.ts';
import { devicesOf, type Evidence, logEvidence, STOP_AT_E } from './evidence.ts';

export const guardActions = ['stop', 'take_back', 'tell'] as const;
/**
 * `stop`: nobody new is offered the bundle, who runs it keeps it. `take_back`: who runs it returns to the release that was kept last.
 * `tell`: nothing but telling.
 */
export type GuardAction = (typeof guardActions)[number];

export interface GuardSettings {
  readonly isOn: boolean;
  /** What a bundle that is proven bad leads to. */
  readonly action: GuardAction;
}

export const defaultGuard: GuardSettings = { isOn: true, action: 'stop' };

/** An owner who was told of a bad bundle may ask for more afterwards. */
const isStronger = (action: GuardAction, acted: GuardAction | null): boolean =>
  acted === null || STRENGTH[action] > STRENGTH[acted];

const STRENGTH: Record<GuardAction, number> = { tell: 0, stop: 1, take_back: 2 };

/** What the guard did about this release, or a person said about it. */
export interface GuardState {
  readonly acted: GuardAction | null;
  /** Downloads fail more often than those of other bundles: the ramp was held, once. */
  readonly isHeld: boolean;
  /** A person looked at the evidence and keeps the release. */
  readonly isKept: boolean;
}

export const UNTOUCHED: GuardState = { acted: null, isHeld: false, isKept: false };

export type GuardDecision =
  | { readonly action: 'none' }
  | { readonly action: GuardAction | 'hold'; readonly reason: string; readonly e: number };

/** Network faults hold the ramp and are told; they never take a bundle from anybody. */
export function decideGuard(
  known: { evidence: Evidence; network: NetworkEvidence; tolerance: number },
  settings: GuardSettings,
  state: GuardState,
): GuardDecision {
  if (!settings.isOn || state.isKept) return { action: 'none' };
  const logE = logEvidence(known.evidence, known.tolerance);
  if (isStronger(settings.action, state.acted) && logE >= Math.log(STOP_AT_E)) {
    return { action: settings.action, e: eOf(logE), reason: reasonFor(known.evidence, known.tolerance, logE) };
  }
  const logNetworkE = logNetworkEvidence(known.network);
  if (state.acted === null && !state.isHeld && logNetworkE >= Math.log(STOP_AT_E)) {
    const reason = `Downloads fail more often than those of other bundles at the same time (E = ${figure(logNetworkE)}).`;
    return { action: 'hold', e: eOf(logNetworkE), reason };
  }
  return { action: 'none' };
}

/** A number from outside about a release, as Sentry or a script has it. `worse`: on which side of the bound it is bad. */
export interface Signal {
  readonly name: string;
  readonly value: number;
  readonly bound: number;
  readonly worse: 'above' | 'below';
}

/** At the bound it is still good. */
export const isBreached = ({ value, bound, worse }: Signal): boolean =>
  worse === 'above' ? value > bound : value < bound;

/** One number beyond its bound is enough: whoever sends it has judged it. Undefined: nothing is to be done. */
export function decideOnSignal(
  signal: Signal,
  settings: GuardSettings,
  state: GuardState,
): { readonly action: GuardAction; readonly reason: string } | undefined {
  const isDone = state.isKept || !isStronger(settings.action, state.acted);
  if (!settings.isOn || isDone || !isBreached(signal)) return undefined;
  const { name, value, bound, worse } = signal;
  return { action: settings.action, reason: `${name} is ${value}, ${worse} its bound of ${bound}.` };
}

function reasonFor(evidence: Evidence, tolerance: number, logE: number): string {
  const { passed, failed } = devicesOf(evidence);
  const parts = [
    evidence.opening.failed > 0 ? `${evidence.opening.failed} could not open it` : '',
    evidence.starting.failed > 0 ? `on ${evidence.starting.failed} it did not start` : '',
  ].filter((part) => part !== '');
  const tolerated = `${Number((tolerance * 100).toFixed(2))} %`;
  return `${failed} of ${passed + failed} devices failed (${parts.join(', ')}), ${tolerated} are tolerated (E = ${figure(logE)}).`;
}

/** Never infinite: it is stored as a number and sent as JSON. */
const eOf = (logE: number): number => Math.min(Math.exp(logE), Number.MAX_VALUE);

/** `12,345`, or a power of ten where digits say nothing. */
function figure(logE: number): string {
  const exponent = logE / Math.LN10;
  return exponent < 7 ? Math.round(Math.exp(logE)).toLocaleString('en-US') : `10^${Math.floor(exponent)}`;
}
