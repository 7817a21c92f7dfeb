// Which two bundles, as they stand behind the `?`.

interface CompareSearch {
  readonly a?: string;
  readonly b?: string;
}

export function readCompareSearch({ a, b }: Record<string, unknown>): CompareSearch {
  // The router reads `1` as a number; a bundle may be called so.
  const text = (value: unknown) =>
    (typeof value === 'string' || typeof value === 'number') && value !== '' ? String(value) : undefined;
  const [first, second] = [text(a), text(b)];
  return { ...(first !== undefined && { a: first }), ...(second !== undefined && { b: second }) };
}
