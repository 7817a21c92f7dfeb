// What a bench hands back, and how it is printed: ratios first, because only they survive a change of machine.

export interface Options {
  /** How often subject and baseline take turns. */
  runs: number;
  /** How long each turn lasts. */
  seconds: number;
  /** Leaves out what takes minutes to prepare. */
  quick: boolean;
  engines: readonly ('pglite' | 'postgres')[];
  /** How many devices a server with many devices knows; a million take minutes to prepare. */
  devices: number;
  /** A folder for CPU profiles of the subjects. */
  profile: string | undefined;
  /** Says what is going on, on stderr. */
  say(text: string): void;
}

export interface Row {
  what: string;
  /** Medians, in `unit`. */
  subject: number;
  baseline: number;
  unit: string;
  /** Median over the turns of subject ÷ baseline, each measured side by side; NaN where a ratio says nothing. */
  ratio: number;
  /** The single turns, so that a reader sees how steady they were. */
  ratios: number[];
  /** Processor time of the baseline ÷ the subject's, for one request, each at its best: what a quiet moment shows. */
  cpuRatio?: number;
  target?: Target;
  /** Further figures of the subject: latencies in ms, memory in MB, … */
  more?: Record<string, number>;
}

/** What `of` has to be: the ratio of rates, that of processor times, or the subject's own figure. */
export interface Target {
  of: 'ratio' | 'cpuRatio' | 'subject';
  atLeast?: number;
  atMost?: number;
}

export interface Report {
  bench: string;
  baseline: string;
  rows: Row[];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Undefined without a target. */
export function holds({ target, ...row }: Row): boolean | undefined {
  if (target === undefined) return undefined;
  const value = row[target.of] ?? Number.NaN;
  return value >= (target.atLeast ?? Number.NEGATIVE_INFINITY) && value <= (target.atMost ?? Number.POSITIVE_INFINITY);
}

/** A Markdown table: readable on a terminal, and it can be pasted into a document. */
export function printReport({ bench, baseline, rows }: Report): string {
  const lines = rows.map((row) => [
    row.what,
    row.cpuRatio === undefined ? '–' : row.cpuRatio.toFixed(2),
    ...(Number.isNaN(row.ratio)
      ? ['–', '–']
      : [row.ratio.toFixed(2), `${Math.min(...row.ratios).toFixed(2)}–${Math.max(...row.ratios).toFixed(2)}`]),
    printTarget(row),
    `${figure(row.subject)} ${row.unit}`,
    `${figure(row.baseline)} ${row.unit}`,
    Object.entries(row.more ?? {})
      .map(([name, value]) => `${name} ${figure(value)}`)
      .join(', '),
  ]);
  const heads = ['what', 'by processor time', 'ratio', 'turns', 'target', 'Overair', 'baseline', 'more'];
  return `\n${bench}, against ${baseline}\n\n${table([heads, heads.map(() => '---'), ...lines])}\n`;
}

function printTarget(row: Row): string {
  const { target } = row;
  if (target === undefined) return '';
  const wanted = target.atLeast === undefined ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
  const of = { subject: ` ${row.unit}`, cpuRatio: ' by processor time', ratio: '' }[target.of];
  return `${wanted}${of} ${holds(row) ? 'holds' : 'MISSED'}`;
}

function figure(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(value < 10 ? 2 : 1);
}

function table(lines: string[][]): string {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines.map((line) => `| ${line.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`).join('\n');
}
