// What the database objected to.

/** A unique constraint refused the row. */
export const isUniqueViolation = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === '23505';

/** SQLSTATE classes 22 (data), 23 (integrity) and 54 (too large for an index): the fault of a row, not of the database. */
export function isAboutValues(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^(22|23|54)/.test(code);
}
