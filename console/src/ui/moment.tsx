// A moment: how long ago; in the viewer's zone and in UTC for who points at it or comes by the keyboard.

import { useWords } from '../words/words.tsx';
import styles from './moment.module.css';
import { useNow } from './now.ts';

export function Moment({ at }: { at: string }) {
  const { ago, dateTime, utc } = useWords();
  const full = `${dateTime(at)}\n${utc(at)}`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard has to reach what hovering shows
    <time dateTime={at} title={full} data-full={full} tabIndex={0} className={styles['moment']}>
      {ago(at, useNow())}
    </time>
  );
}
