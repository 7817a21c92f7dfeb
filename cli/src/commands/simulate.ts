// `overair simulate`: what the server's guard and ramp would do with good and bad bundles, by the code that runs in the server.

import type { Plan } from '@overair/protocol/manage/plan';
import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { parsePercent } from '../percent.ts';
import { readPlan } from '../project/plan-file.ts';
import { type Outcomes, simulateReleases } from '../simulation/outcomes.ts';
import { type Scenario, scenarioOf, TWO_HOUR_FAULT } from '../simulation/scenario.ts';
import { style } from '../terminal/style.ts';

export interface SimulateOptions extends GlobalOptions {
  devices: string;
  plan: string;
  /** Percentages of devices on which the bundle does not start, comma-separated. */
  failing: string;
  releases: string;
  seed: string;
  networkFault?: boolean;
  strangers?: string;
}

const MAX_DEVICES = 100_000_000;
const MAX_RELEASES = 1_000_000;
const MAX_SEED = 2 ** 31 - 1;
const STRANGERS_AT_HOUR = 2;

export async function simulate(context: Context, options: SimulateOptions) {
  const plan = await readPlan(context, options.plan);
  const devices = wholeNumber('--devices', options.devices, 100, MAX_DEVICES);
  const releases = wholeNumber('--releases', options.releases, 1, MAX_RELEASES);
  const seed = wholeNumber('--seed', options.seed, 0, MAX_SEED);
  const troubles = troublesOf(options);
  const rows = options.failing.split(',').map((text) => {
    const failing = parsePercent(text);
    const scenario = { ...scenarioOf(devices, failing / 100, plan), ...troubles };
    return { failing, ...simulateReleases(scenario, { releases, seed }) };
  });
  describe(context, plan, devices, rows);
  return { plan, devices, releases, seed, rows };
}

function troublesOf({ networkFault, strangers }: SimulateOptions): Partial<Scenario> {
  return {
    ...(networkFault ? { networkFault: TWO_HOUR_FAULT } : {}),
    ...(strangers === undefined
      ? {}
      : { strangers: { devices: wholeNumber('--strangers', strangers, 1, 1_000_000), atHour: STRANGERS_AT_HOUR } }),
  };
}

function describe({ ui }: Context, plan: Plan, devices: number, rows: ({ failing: number } & Outcomes)[]): void {
  const { releases } = rows[0]!;
  ui.say(
    `${releases.toLocaleString('en-US')} releases of each kind to ${devices.toLocaleString('en-US')} devices, ` +
      `plan ${style.id(plan.name ?? 'of your own')}`,
  );
  ui.table(
    [
      { title: 'Fails on', cell: (row) => `${row.failing} %`, align: 'right' },
      { title: 'Stopped', cell: (row) => percent(row.stopped), align: 'right' },
      { title: 'Asks a person', cell: (row) => percent(row.asked), align: 'right' },
      { title: 'Reaches all', cell: (row) => percent(row.kept), align: 'right' },
      { title: 'Contained at 5 %', cell: (row) => percent(row.contained), align: 'right' },
      { title: 'Stopped after', cell: (row) => hours(row.hoursToStop), align: 'right' },
      { title: 'Had it by then', cell: (row) => share(row.exposedAtStop), align: 'right' },
    ],
    rows,
    'Nothing was simulated.',
  );
}

const percent = (part: number): string => share(part * 100);
const share = (value: number | undefined): string => (value === undefined ? '–' : `${Number(value.toPrecision(3))} %`);
const hours = (value: number | undefined): string => (value === undefined ? '–' : `${value.toFixed(1)} h`);

function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new CliError('invalid_number', `${flag} takes a whole number from ${least} to ${most}, not "${text}".`);
}
