// Waits for what a program does by itself, turn by turn of the event loop and without a clock.

/** Throws when it has not come to that after many turns. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; !(await isSo()); turns += 1) {
    if (turns > 20_000) throw new Error('It did not come to that');
    await new Promise(setImmediate);
  }
}
