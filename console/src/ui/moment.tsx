// A moment: how long ago, with the time in the viewer's zone and in UTC on hover.

import { useWords } from '../words/words.tsx';
import { useNow } from './now.ts';

export function Moment({ at }: { at: string }) {
  const { ago, dateTime, utc } = useWords();
  return (
    <time dateTime={at} title={`${dateTime(at)}\n${utc(at)}`}>
      {ago(at, useNow())}
    </time>
  );
}
