// Text from outside as PostgreSQL can store it: without NUL, and without half a surrogate pair.

/** For what is noted and never refused: NUL goes, half a pair becomes U+FFFD. `maxLength` is in UTF-16 units. */
export function storableText(text: string, maxLength = Number.POSITIVE_INFINITY): string {
  // A cut may leave half a pair.
  const short = text.length > maxLength ? text.slice(0, maxLength) : text;
  const whole = short.isWellFormed() ? short : short.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '') : whole;
}

/** For what is refused rather than changed: throws what `refuse` makes when there is a NUL. */
export function storableOrRefused(text: string, refuse: () => Error): string {
  if (text.includes('\0')) throw refuse();
  return text.isWellFormed() ? text : text.toWellFormed();
}

/** `JSON.parse`, with the same for each text and each name in it. Throws a `SyntaxError`, or what `refuse` makes. */
export function parseStorableJson(text: string, refuse: () => Error): unknown {
  return JSON.parse(text, function (this: Record<string, unknown>, name: string, value: unknown) {
    const storable = typeof value === 'string' ? storableOrRefused(value, refuse) : value;
    const storableName = storableOrRefused(name, refuse);
    if (storableName === name) return storable;
    // Undefined removes the old name.
    this[storableName] = storable;
    return undefined;
  });
}
