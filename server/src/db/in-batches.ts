// Work on many rows in statements that each lock few: on an embedded database nobody else is answered meanwhile.

/** Repeats `batch`, which says how many rows it took, while it takes `rowsAtOnce`. Returns how many there were. */
export async function inBatches(
  rowsAtOnce: number,
  batch: () => Promise<number>,
  signal?: AbortSignal,
): Promise<number> {
  let all = 0;
  for (let count = rowsAtOnce; count === rowsAtOnce; all += count) {
    signal?.throwIfAborted();
    count = await batch();
  }
  return all;
}
