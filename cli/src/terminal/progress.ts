// One progress line on a terminal's stderr; nothing at all when stderr is a file or a CI log.

import { formatBytes } from './style.ts';

export interface Progress {
  /** Bytes done so far, absolute. */
  at(done: number): void;
  /** Removes the line. */
  end(): void;
}

const BAR_WIDTH = 24;
const REDRAW_MS = 80;

export const silentProgress: Progress = { at: () => {}, end: () => {} };

export function startProgress(
  label: string,
  totalBytes: number,
  stream: NodeJS.WriteStream = process.stderr,
): Progress {
  const startedAt = performance.now();
  let drawnAt = 0;
  const draw = (done: number) => {
    const share = totalBytes === 0 ? 1 : Math.min(1, done / totalBytes);
    const full = Math.round(share * BAR_WIDTH);
    const seconds = (performance.now() - startedAt) / 1000;
    const speed = seconds > 0.5 ? `  ${formatBytes(done / seconds)}/s` : '';
    const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
    stream.write(
      `\r\x1b[K${label} ${bar} ${Math.round(share * 100)} %  ${formatBytes(done)} of ${formatBytes(totalBytes)}${speed}`,
    );
  };
  return {
    at(done) {
      if (performance.now() - drawnAt < REDRAW_MS) return;
      drawnAt = performance.now();
      draw(done);
    },
    end() {
      if (drawnAt > 0) stream.write('\r\x1b[K');
    },
  };
}
