// Thousands of releases in simulated fleets, looked after by the server's guard, gate and ramp, against the vendor's rule.

import { type Outcomes, simulateReleases } from '../../../cli/src/simulation/outcomes.ts';
import type { OtherRule } from '../../../cli/src/simulation/release.ts';
import {
  BACKGROUND_FAILURE,
  type NetworkFault,
  type Scenario,
  scenarioOf,
  TWO_HOUR_FAULT,
} from '../../../cli/src/simulation/scenario.ts';
import { namedPlans } from '../../../protocol/src/manage/plan.ts';
import { judge } from '../../../server/src/updates/guard.ts';
import type { Options, Report, Row, Target } from '../report.ts';

const FLEETS = [1000, 10_000, 100_000, 1_000_000];
const RELEASES = 4000;
const QUICK_RELEASES = 200;
const SEED = 12;
const { careful, 'at once': atOnce } = namedPlans;

export async function run({ quick, say }: Options): Promise<Report[]> {
  const releases = quick ? QUICK_RELEASES : RELEASES;
  const rows: Row[] = [];
  for (const { what, scenario, share, target, more } of questions()) {
    const outcomes = simulateReleases(scenario, { releases, seed: SEED });
    const vendors = simulateReleases(scenario, { releases: Math.min(releases, 1000), seed: SEED }, vendorRule);
    const row = rowOf(what, share(outcomes), share(vendors), target, more(outcomes));
    say(`${what}: ${row.subject} % against ${row.baseline} %`);
    rows.push(row);
  }
  return [{ bench: 'fleet', baseline: "the vendor's automatic pause (Wilson, the last hour, 1 %)", rows }];
}

interface Question {
  what: string;
  scenario: Scenario;
  share(outcomes: Outcomes): number;
  target?: Target;
  more(outcomes: Outcomes): Record<string, number | undefined>;
}

function questions(): Question[] {
  return [
    ...FLEETS.map(goodRelease),
    ...FLEETS.flatMap((devices) => [
      badRelease(devices, 0.02, 98),
      badRelease(devices, 0.05, 99.9),
      badRelease(devices, 0.3, 99.9),
    ]),
    ...FLEETS.slice(1).flatMap((devices) => [plainRelease(devices, 0.05), plainRelease(devices, 0.3)]),
    ...FLEETS.map((devices) => networkFault(devices, careful, TWO_HOUR_FAULT)),
    ...FLEETS.map((devices) => networkFault(devices, atOnce, { ...TWO_HOUR_FAULT, atHour: 2 })),
    ...FLEETS.map(inventedDevices),
  ];
}

const stopped = (outcomes: Outcomes) => outcomes.stopped + outcomes.takenBack;
const atMost = (percent: number): Target => ({ of: 'subject', atMost: percent });
const atLeast = (percent: number): Target => ({ of: 'subject', atLeast: percent });
const inWords = (devices: number) => `${devices.toLocaleString('en-US')} devices`;

const goodRelease = (devices: number): Question => ({
  what: `good bundle stopped, ${inWords(devices)}`,
  scenario: scenarioOf(devices, BACKGROUND_FAILURE, careful),
  share: stopped,
  target: atMost(0.1),
  more: ({ passedGate, hoursToGate }) => ({ 'passes the gate by itself, %': passedGate * 100, 'after h': hoursToGate }),
});

const badRelease = (devices: number, failing: number, percent: number): Question => ({
  what: `${failing * 100} % bad, contained at 5 %, ${inWords(devices)}`,
  scenario: scenarioOf(devices, failing, careful),
  share: ({ contained }) => contained,
  target: atLeast(percent),
  more: ({ hoursToStop, exposedAtStop }) => ({ 'stopped after h': hoursToStop, 'had it by then, %': exposedAtStop }),
});

const plainRelease = (devices: number, failing: number): Question => ({
  what: `${failing * 100} % bad, to everybody at once, stopped, ${inWords(devices)}`,
  scenario: scenarioOf(devices, failing, atOnce),
  share: stopped,
  target: atLeast(99.9),
  more: ({ hoursToStop, exposedAtStop }) => ({ 'stopped after h': hoursToStop, 'had it by then, %': exposedAtStop }),
});

const networkFault = (devices: number, plan: typeof careful, fault: NetworkFault): Question => ({
  what: `good bundle taken back in a network fault of two hours, ${plan.name}, ${inWords(devices)}`,
  scenario: { ...scenarioOf(devices, BACKGROUND_FAILURE, plan), networkFault: fault, action: 'take_back' },
  share: stopped,
  target: atMost(0),
  more: ({ held }) => ({ 'held, %': held * 100 }),
});

const inventedDevices = (devices: number): Question => ({
  what: `good bundle stopped by 40 invented devices, ${inWords(devices)}`,
  scenario: { ...scenarioOf(devices, BACKGROUND_FAILURE, careful), strangers: { devices: 40, atHour: 2 } },
  share: stopped,
  target: atMost(0),
  more: () => ({}),
});

function rowOf(
  what: string,
  subject: number,
  baseline: number,
  target: Target | undefined,
  more: Record<string, number | undefined>,
): Row {
  const known = Object.entries(more).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return {
    what,
    unit: '%',
    subject: round(subject * 100),
    baseline: round(baseline * 100),
    ratio: Number.NaN,
    ratios: [],
    ...(target === undefined ? {} : { target }),
    more: Object.fromEntries(known),
  };
}

const round = (percent: number): number => Number(percent.toFixed(3));

/** docs/protocol/device.md §10.3 with a threshold of 1 %, over the last hour. Every `_fail` counts, as on the vendor's server. */
function vendorRule(): OtherRule {
  const window: { installs: number; failures: number }[] = [];
  return ({ started, failedToOpen, failedToStart, downloads }, hour) => {
    window.push({ installs: started, failures: failedToOpen + failedToStart + downloads.lostOurs });
    if (window.length > 12) window.shift();
    const installs = window.reduce((sum, tick) => sum + tick.installs, 0);
    const failures = window.reduce((sum, tick) => sum + tick.failures, 0);
    return judge(vendorPolicy, { installs, failures }, hour * 3_600_000).triggered;
  };
}

const vendorPolicy = {
  enabled: true,
  failureRateBps: 100,
  confidence: 0.95,
  minAttempts: 20,
  minFailures: 5,
  cooldownMinutes: 0,
  lastTriggeredAtMs: null,
};
