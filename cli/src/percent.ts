// Shares as people write them.

import { CliError } from './cli-error.ts';

/** 0 to 100, two decimals at most. */
export function parsePercent(text: string): number {
  const percent = Number(text.replace(/\s*%$/, ''));
  if (text.trim() !== '' && percent >= 0 && percent <= 100 && Number.isInteger(Math.round(percent * 1e6) / 1e4))
    return percent;
  throw new CliError('invalid_percentage', `"${text}" is not a share between 0 and 100 with at most two decimals.`);
}
