// Refuses a write that was decided on an older state than the stored one.

import { staleWrite } from './errors.ts';

/** `expected` is the `updated_at` the caller read, or undefined when it does not care. */
export function assertFresh({ updated_at }: { updated_at: Date }, expected: string | undefined): void {
  // The API shows milliseconds, the database keeps microseconds; a Date has dropped them already.
  if (expected !== undefined && Date.parse(expected) !== updated_at.getTime()) throw staleWrite(updated_at);
}
