// The meanings that text can have in our output; commands name a meaning, only this file knows colours.

import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

const meaning = (format: Format) => (text: string | number) =>
  styleText(format, String(text), { stream: process.stdout, validateStream: true });

/** Plain text when the output is not a terminal or NO_COLOR is set. */
export const style = {
  id: meaning('cyan'),
  version: meaning(['bold', 'magenta']),
  path: meaning('underline'),
  command: meaning(['bold', 'cyan']),
  success: meaning('green'),
  warning: meaning('yellow'),
  danger: meaning('red'),
  heading: meaning('bold'),
  muted: meaning('dim'),
};

/** `1.4 MB`; decimal units, as browsers and stores show them. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `850 ms`, `3.2 s`, `2 min 5 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}
