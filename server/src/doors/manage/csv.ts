// Answers as CSV (RFC 4180), for spreadsheets.

import type { FastifyRequest } from 'fastify';

export type Cell = string | number | Date | null;

/** Who accepts both gets JSON, unless CSV is named first. */
export function wantsCsv({ headers }: FastifyRequest): boolean {
  const types = (headers.accept ?? '').split(',').map((each) => each.split(';', 1)[0]!.trim().toLowerCase());
  const csv = types.indexOf('text/csv');
  const json = types.findIndex((each) => ['application/json', '*/*', 'application/*'].includes(each));
  return csv !== -1 && (json === -1 || csv < json);
}

export const csvOf = (rows: readonly (readonly Cell[])[]): string =>
  rows.map((row) => `${row.map(field).join(',')}\r\n`).join('');

/** A text that a spreadsheet would take for a formula begins with a quote: devices write some of them. */
function field(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const text = cell instanceof Date ? cell.toISOString() : cell.replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
