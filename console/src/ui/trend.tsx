// A number over time: a line with a sentence for who does not see it, a cursor for the arrow keys, and the table behind a button.

import { useId, useState } from 'react';
import { useWords } from '../words/words.tsx';
import { Table } from './table.tsx';
import styles from './trend.module.css';

interface Point {
  readonly at: string;
  readonly value: number;
}

const WIDTH = 600;
const HEIGHT = 90;

export function Trend({ title, summary, points }: { title: string; summary: string; points: readonly Point[] }) {
  const { t, number, dateTime } = useWords();
  const [at, setAt] = useState<number>();
  const label = useId();
  const most = Math.max(...points.map(({ value }) => value), 1);
  const x = (index: number) => (points.length < 2 ? 0 : (index / (points.length - 1)) * WIDTH);
  const y = (value: number) => HEIGHT - (value / most) * (HEIGHT - 6) - 2;
  const line = points
    .map(({ value }, index) => `${index === 0 ? 'M' : 'L'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`)
    .join('');
  const shown = at === undefined ? undefined : points[at];
  const move = (step: number) => setAt(Math.min(Math.max((at ?? points.length) + step, 0), points.length - 1));
  return (
    <figure className={styles['trend']}>
      <figcaption id={label}>
        <strong>{title}</strong> <span>{shown ? `${dateTime(shown.at)}: ${number(shown.value)}` : summary}</span>
      </figcaption>
      <div
        role="slider"
        tabIndex={0}
        aria-labelledby={label}
        aria-valuemin={0}
        aria-valuemax={most}
        aria-valuenow={shown?.value ?? points.at(-1)?.value ?? 0}
        aria-valuetext={shown ? `${dateTime(shown.at)}: ${number(shown.value)}` : summary}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
          event.preventDefault();
          move(event.key === 'ArrowLeft' ? -1 : 1);
        }}
        onPointerMove={(event) => {
          const { left, width } = event.currentTarget.getBoundingClientRect();
          setAt(Math.round(((event.clientX - left) / width) * (points.length - 1)));
        }}
        onPointerLeave={() => setAt(undefined)}
      >
        <svg aria-hidden="true" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none">
          <path d={`${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`} className={styles['area']} />
          <path d={line} className={styles['line']} />
          {at !== undefined && <path d={`M${x(at)} 0V${HEIGHT}`} className={styles['cursor']} />}
        </svg>
      </div>
      <details>
        <summary>{t('trend.table')}</summary>
        <Table
          caption={title}
          rows={points}
          keyOf={(point) => point.at}
          columns={[
            { name: t('label.when'), cell: (point) => dateTime(point.at) },
            { name: t('label.phones'), isNumber: true, cell: ({ value }) => number(value) },
          ]}
        />
      </details>
    </figure>
  );
}
