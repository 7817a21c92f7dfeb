// How a number went, as a line of bars no higher than a word. Its values stand in its name for who does not see it.

import { useWords } from '../words/words.tsx';
import styles from './sparkline.module.css';

export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const { number } = useWords();
  const most = Math.max(...values, 1);
  return (
    <svg
      role="img"
      aria-label={`${label}: ${values.map(number).join(', ')}`}
      className={styles['line']}
      viewBox={`0 0 ${values.length * 6} 20`}
      preserveAspectRatio="none"
    >
      {values.map((value, index) => {
        const height = value === 0 ? 1 : Math.max(3, (value / most) * 20);
        // biome-ignore lint/suspicious/noArrayIndexKey: its place is what a bar is
        return <rect key={index} x={index * 6} y={20 - height} width="4" height={height} />;
      })}
    </svg>
  );
}
