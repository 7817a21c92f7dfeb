// Judges whether a rollout fails too often to go on. Pure; the rule is docs/protocol/device.md §10.3.

export interface GuardPolicy {
  enabled: boolean;
  /** Basis points; null: no threshold, so nothing can be judged. */
  failureRateBps: number | null;
  /** 0 < c < 1. */
  confidence: number;
  minAttempts: number | null;
  minFailures: number | null;
  cooldownMinutes: number;
  lastTriggeredAtMs: number | null;
}

/** Devices on which the bundle started, and devices on which it failed, within the policy's window. */
export interface Outcomes {
  installs: number;
  failures: number;
}

export type Verdict =
  | {
      triggered: false;
      reason:
        | 'disabled'
        | 'missing_threshold'
        | 'cooldown'
        | 'insufficient_attempts'
        | 'insufficient_failures'
        | 'no_failures'
        | 'below_threshold';
    }
  | { triggered: true; attempts: number; rateBps: number; lowerBoundBps: number; reason: string };

const notTriggered = (reason: Exclude<Verdict, { triggered: true }>['reason']): Verdict => ({
  triggered: false,
  reason,
});

export function judge(policy: GuardPolicy, { installs, failures }: Outcomes, nowMs: number): Verdict {
  const attempts = installs + failures;
  const threshold = policy.failureRateBps;
  if (!policy.enabled) return notTriggered('disabled');
  if (threshold === null) return notTriggered('missing_threshold');
  if (isCoolingDown(policy, nowMs)) return notTriggered('cooldown');
  if (attempts < (policy.minAttempts ?? 0)) return notTriggered('insufficient_attempts');
  if (failures < (policy.minFailures ?? 0)) return notTriggered('insufficient_failures');
  if (failures === 0) return notTriggered('no_failures');
  const lowerBoundBps = Math.floor(wilsonLowerBound(failures, attempts, policy.confidence) * 10_000);
  if (lowerBoundBps < threshold) return notTriggered('below_threshold');
  const rateBps = Math.round((failures / attempts) * 10_000);
  const reason =
    `${percent(rateBps)} of ${attempts} attempts failed (at least ${percent(lowerBoundBps)} with ` +
    `${policy.confidence * 100} % confidence, threshold ${percent(threshold)})`;
  return { triggered: true, attempts, rateBps, lowerBoundBps, reason };
}

const percent = (bps: number): string => `${(bps / 100).toFixed(2)} %`;

function isCoolingDown({ lastTriggeredAtMs, cooldownMinutes }: GuardPolicy, nowMs: number): boolean {
  return lastTriggeredAtMs !== null && nowMs - lastTriggeredAtMs < cooldownMinutes * 60_000;
}

/** The lower end of the Wilson score interval: a few unlucky devices are no proof. */
export function wilsonLowerBound(failures: number, attempts: number, confidence: number): number {
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const p = failures / attempts;
  const z2 = z * z;
  const margin = z * Math.sqrt((p * (1 - p) + z2 / (4 * attempts)) / attempts);
  return (p + z2 / (2 * attempts) - margin) / (1 + z2 / attempts);
}

/** Where the standard normal distribution has `p` below it, by bisection: exact to far more digits than needed. */
export function normalQuantile(p: number): number {
  let low = -10;
  let high = 10;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (normalBelow(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The distribution function of the standard normal, by its series (small x) or continued fraction (large x). */
function normalBelow(x: number): number {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (Math.abs(x) < 3) {
    let term = x;
    let sum = x;
    for (let n = 1; n < 100; n++) {
      term *= (x * x) / (2 * n + 1);
      sum += term;
    }
    return 0.5 + density * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / (Math.abs(x) + fraction);
  const tail = density / (Math.abs(x) + fraction);
  return x < 0 ? tail : 1 - tail;
}
