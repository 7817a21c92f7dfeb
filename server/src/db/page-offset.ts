// Pages of a list as an offset in SQL.

/** Rows before page `page`, counted from 0. Bounded, so that an absurd page is an empty one and not a number PostgreSQL cannot read. */
export const pageOffset = (page: number, pageSize: number): number =>
  Math.trunc(Math.min(Math.max(0, page * pageSize), Number.MAX_SAFE_INTEGER));
