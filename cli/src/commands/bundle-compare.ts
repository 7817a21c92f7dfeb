// `overair bundle compare A B`: two bundles on the server side by side.

import type { BundleComparison } from '@overair/protocol/manage/compare';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { openRemote } from '../remote/client.ts';
import { formatBytes, formatDuration, style } from '../terminal/style.ts';

const SHOWN = 10;

export async function compareBundles(
  context: Context,
  options: GlobalOptions,
  a: string,
  b: string,
  appIdGiven?: string,
) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const comparison = await client.bundles.compare({ app_id, a, b });
  tellSides(context.ui, comparison);
  tellFiles(context.ui, comparison);
  tellPackages(context.ui, comparison);
  tellFailures(context.ui, comparison);
  return comparison;
}

type Ui = Context['ui'];
type Side = BundleComparison['a'];

function tellSides(ui: Ui, { a, b, age_seconds }: BundleComparison): void {
  const bytes = (size: number | null) => (size === null ? '?' : formatBytes(size));
  const rows: [string, (side: Side) => string][] = [
    ['Zip', ({ zip_bytes, has_zip }) => (has_zip ? bytes(zip_bytes) : 'none')],
    ['Files', ({ files }) => (files === null ? 'no list' : String(files))],
    ...uniqueSources(a, b).map((from): [string, (side: Side) => string] => [
      `Delta from ${from}`,
      ({ bundle, deltas }) => (bundle === from ? '' : bytes(deltas.find((each) => each.from === from)?.bytes ?? null)),
    ]),
    ...OUTCOMES.map(([title, count]): [string, (side: Side) => string] => [
      title,
      ({ outcomes }) => (outcomes === null ? '' : String(count(outcomes))),
    ]),
  ];
  ui.table(
    [
      { title: '', cell: ([title]) => title },
      { title: a.bundle, cell: ([, cell]) => cell(a), align: 'right' },
      { title: b.bundle, cell: ([, cell]) => cell(b), align: 'right' },
    ],
    rows,
    '',
  );
  ui.say(
    age_seconds === null
      ? style.muted('One of them was never offered: there are no outcomes to compare.')
      : style.muted(`Devices ${formatDuration(age_seconds * 1000)} after the first offer of each.`),
  );
}

type Outcomes = NonNullable<Side['outcomes']>;

const OUTCOMES: [string, (outcomes: Outcomes) => number][] = [
  ['Offered', ({ offered }) => offered],
  ['Downloaded', ({ downloaded }) => downloaded],
  ['Running', ({ running }) => running],
  ['Failed: bundle', ({ failed }) => failed.bundle],
  ['Failed: network', ({ failed }) => failed.network],
  ['Failed: device', ({ failed }) => failed.device],
  ['Failed: crash', ({ failed }) => failed.crash],
  ['Silent', ({ silent }) => silent],
];

const uniqueSources = (a: Side, b: Side): string[] => [...new Set([...a.deltas, ...b.deltas].map(({ from }) => from))];

function tellFiles(ui: Ui, { files, files_unknown }: BundleComparison): void {
  if (files === null) {
    ui.say(style.muted(`Files: ${files_unknown}.`));
    return;
  }
  const { added, removed, changed, unchanged } = files.counts;
  ui.say(`Files: ${added} added, ${removed} removed, ${changed} changed, ${unchanged} unchanged.`);
  const rows = [
    ...files.added.map(({ file_name, size }) => ({ sign: style.success('+'), file_name, size: formatBytes(size) })),
    ...files.removed.map(({ file_name, size }) => ({ sign: style.danger('-'), file_name, size: formatBytes(size) })),
    ...files.changed.map(({ file_name, size_a, size_b }) => ({
      sign: style.warning('~'),
      file_name,
      size: `${formatBytes(size_a)} → ${formatBytes(size_b)}`,
    })),
  ];
  for (const { sign, file_name, size } of rows.slice(0, SHOWN)) ui.say(`  ${sign} ${file_name}  ${style.muted(size)}`);
  const left = added + removed + changed - Math.min(rows.length, SHOWN);
  if (left > 0) ui.say(style.muted(`  … and ${left} more, with --json`));
}

function tellPackages(ui: Ui, { native_packages: packages }: BundleComparison): void {
  if (packages === null) {
    ui.say(style.muted('Native packages: not known of both.'));
    return;
  }
  const { added, removed, changed } = packages;
  if (added.length + removed.length + changed.length === 0) {
    ui.say('Native packages: the same.');
    return;
  }
  ui.say('Native packages:');
  for (const { name, version } of added) ui.say(`  ${style.success('+')} ${name} ${version}`);
  for (const { name, version } of removed) ui.say(`  ${style.danger('-')} ${name} ${version}`);
  for (const { name, version_a, version_b } of changed) {
    const versions = version_a === version_b ? `${version_a}, other native code` : `${version_a} → ${version_b}`;
    ui.say(`  ${style.warning('~')} ${name} ${versions}`);
  }
}

function tellFailures(ui: Ui, { a, b, failures }: BundleComparison): void {
  for (const [side, groups] of [
    [a, failures.a_only],
    [b, failures.b_only],
  ] as const) {
    if (groups.length === 0) continue;
    ui.say(`Only ${style.version(side.bundle)} fails with:`);
    for (const { action, message, devices } of groups.slice(0, SHOWN)) {
      ui.say(`  ${style.danger(action)} on ${devices} devices${message ? style.muted(`  ${message}`) : ''}`);
    }
  }
}
