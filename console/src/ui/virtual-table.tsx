// A table of thousands of rows, of which only those near the window are in the page. More rows come as the end gets near.

import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import tableStyles from './table.module.css';
import type { Column } from './table.tsx';
import styles from './virtual-table.module.css';

interface VirtualTableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** With those that are not loaded yet. */
  readonly total: number;
  readonly keyOf: (row: Row) => string | number;
  /** The last row is near: time to load more. */
  readonly onEnd: () => void;
}

const ROW_PX = 46;
/** Rows beyond the window, so that scrolling shows no gap. */
const BEYOND = 12;

export function VirtualTable<Row>({ caption, columns, rows, total, keyOf, onEnd }: VirtualTableProps<Row>) {
  const table = useRef<HTMLTableElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const box = table.current?.getBoundingClientRect();
    if (box) setTop(box.top + window.scrollY);
  }, []);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_PX,
    overscan: BEYOND,
    scrollMargin: top,
    getItemKey: (index) => keyOf(rows[index] as Row),
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const isNearEnd = rows.length > 0 && last >= rows.length - BEYOND;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again when rows were added and the end is still near
  useEffect(() => {
    if (isNearEnd) onEnd();
  }, [isNearEnd, rows.length]);
  const before = (items[0]?.start ?? top) - top;
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? top) - top);
  return (
    // Roles in words: as cards, browsers would forget that it is a table.
    <table ref={table} className={tableStyles['table']} role="table" aria-rowcount={total + 1}>
      <caption className="only-read-aloud">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row" aria-rowindex={1}>
          {columns.map(({ name, isNumber }) => (
            <th key={name} scope="col" role="columnheader" data-number={isNumber}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <Gap height={before} />
      <tbody role="rowgroup">
        {items.map(({ index, key }) => (
          <tr key={key} ref={virtual.measureElement} data-index={index} data-row role="row" aria-rowindex={index + 2}>
            {columns.map(({ name, cell, isNumber }) => (
              <td key={name} role="cell" data-name={name} data-number={isNumber}>
                {cell(rows[index] as Row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
      <Gap height={after} />
    </table>
  );
}

/** The place of rows that are not in the page. */
const Gap = ({ height }: { height: number }) =>
  height > 0 ? <tbody aria-hidden="true" className={styles['gap']} style={{ blockSize: height }} /> : null;
