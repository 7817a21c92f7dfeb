// Subject and baseline in turns: what disturbs the machine disturbs both.

import type { Contender } from './contender.ts';
import type { Loader } from './load/open.ts';
import type { Outcome, Shape } from './load/shape.ts';
import { median, type Options, type Row, type Target } from './report.ts';

export interface Side {
  contender: Contender;
  shape: Shape;
}

interface Measured extends Outcome {
  perSecond: number;
  /** Processor time of the server for one request. */
  cpuUs: number;
}

const WARM_UP_SECONDS = 2;

export async function compareLoad(
  what: string,
  loader: Loader,
  sides: { subject: Side; baseline: Side },
  { runs, seconds, say }: Options,
  target?: Target,
): Promise<Row> {
  const subjects: Measured[] = [];
  const baselines: Measured[] = [];
  for (const side of [sides.baseline, sides.subject]) await measure(loader, side, WARM_UP_SECONDS);
  for (let run = 0; run < runs; run++) {
    // Each goes first in half of the turns.
    if (run % 2 === 0) baselines.push(await measure(loader, sides.baseline, seconds));
    subjects.push(await measure(loader, sides.subject, seconds));
    if (run % 2 === 1) baselines.push(await measure(loader, sides.baseline, seconds));
    const [subject, baseline] = [subjects.at(-1)!, baselines.at(-1)!];
    say(`${what}: ${Math.round(subject.perSecond)}/s against ${Math.round(baseline.perSecond)}/s`);
  }
  const ratios = subjects.map((subject, i) => subject.perSecond / baselines[i]!.perSecond);
  const cpuUs = (turns: readonly Measured[]) => turns.map((each) => each.cpuUs);
  return {
    what,
    unit: 'requests/s',
    subject: median(subjects.map((each) => each.perSecond)),
    baseline: median(baselines.map((each) => each.perSecond)),
    ratio: median(ratios),
    ratios,
    cpuRatio: best(cpuUs(baselines)) / best(cpuUs(subjects)),
    ...(target && { target }),
    more: {
      'best µs/request': best(cpuUs(subjects)),
      'baseline best µs/request': best(cpuUs(baselines)),
      'median µs/request': median(cpuUs(subjects)),
      'p50 ms': median(subjects.map((each) => each.p50Ms)),
      'p99 ms': median(subjects.map((each) => each.p99Ms)),
      'baseline p99 ms': median(baselines.map((each) => each.p99Ms)),
      'resident MB': sides.subject.contender.usage().residentMb,
    },
  };
}

/** The 15th percentile: a single lucky turn does not count. */
function best(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.15)] ?? Number.NaN;
}

async function measure(loader: Loader, { contender, shape }: Side, seconds: number): Promise<Measured> {
  const before = contender.usage().cpuMs;
  const outcome = await loader.load(contender.port, shape, seconds);
  const cpuMs = contender.usage().cpuMs - before;
  return { ...outcome, perSecond: outcome.requests / outcome.seconds, cpuUs: (cpuMs * 1000) / outcome.requests };
}
