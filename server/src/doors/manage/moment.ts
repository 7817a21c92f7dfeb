// A moment in a query.

import { invalidBody } from './input.ts';

/** ISO 8601, whatever else a JavaScript Date can parse, or milliseconds since 1970. Throws `invalid_body`. */
export function momentOf(name: string, text: string): Date {
  const date = new Date(/^\d{11,14}$/.test(text) ? Number(text) : text);
  const year = date.getUTCFullYear();
  if (year >= 1 && year <= 9998) return date;
  throw invalidBody({ code: 'invalid_date', path: [name], message: `${name} must be a valid date` });
}
