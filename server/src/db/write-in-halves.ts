// Writes many rows in one statement; a row that the database refuses for what it holds takes no other row with it.

import { isAboutValues } from './violations.ts';

/** `onFailure` is called with the rows that `write` rejected: with a single one when it is the row's own fault. */
export async function writeInHalves<Row>(
  rows: readonly Row[],
  write: (rows: readonly Row[]) => Promise<void>,
  onFailure: (rows: readonly Row[], error: unknown) => void,
): Promise<void> {
  try {
    await write(rows);
  } catch (error) {
    if (rows.length === 1 || !isAboutValues(error)) return onFailure(rows, error);
    const half = Math.ceil(rows.length / 2);
    await writeInHalves(rows.slice(0, half), write, onFailure);
    await writeInHalves(rows.slice(half), write, onFailure);
  }
}
