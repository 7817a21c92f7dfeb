// Tables for people: columns as wide as their widest cell, two spaces apart, no frames, so that they can be copied and grepped.

import { stripVTControlCharacters } from 'node:util';
import { style } from './style.ts';

export interface Column<Row> {
  title: string;
  cell: (row: Row) => string;
  align?: 'right';
}

export function renderTable<Row>(columns: Column<Row>[], rows: Row[]): string {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const widths = columns.map((column, index) =>
    Math.max(width(column.title), ...cells.map((row) => width(row[index]!))),
  );
  const line = (texts: string[]) =>
    texts
      .map((text, index) => pad(text, widths[index]!, columns[index]!.align))
      .join('  ')
      .trimEnd();
  return [line(columns.map((column) => style.heading(column.title))), ...cells.map(line)].join('\n');
}

const width = (text: string) => stripVTControlCharacters(text).length;

function pad(text: string, size: number, align?: 'right'): string {
  const space = ' '.repeat(Math.max(0, size - width(text)));
  return align === 'right' ? space + text : text + space;
}
