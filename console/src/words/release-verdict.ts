// Whether a release may go on, as one sentence. Pure.

import type { Outcomes } from '@overair/protocol/manage/outcomes';
import type { Release } from '@overair/protocol/manage/release';
import type { Tone } from '../ui/page.tsx';
import type { MessageId } from './catalogue/en.ts';
import type { Values } from './words.tsx';

interface Sentence {
  readonly tone: Tone;
  readonly id: MessageId;
  readonly values: Values;
}

/** The guard acts at 1,000; from here on a person wants to know. */
const SUSPECT_FROM = 20;

/** `counts` is undefined while it is not known yet: the sentence then says what holds without it. */
export function verdictOf(release: Release, counts: Outcomes['total'] | undefined): Sentence {
  const { bundle, previous, channel, guard, state } = release;
  const running = counts?.running ?? 0;
  const failed = counts === undefined ? 0 : counts.failed.bundle + counts.failed.crash;
  const values = { bundle, previous, channel, running, failed };
  if (state === 'stopped') {
    const byGuard = guard?.acted === 'stop';
    return { tone: 'bad', id: byGuard ? 'verdict.stoppedByGuard' : 'verdict.stopped', values };
  }
  if (state === 'taken_back') return { tone: 'warn', id: 'verdict.takenBack', values };
  if (state === 'kept' || state === 'replaced') return { tone: 'neutral', id: 'verdict.over', values };
  if (guard?.acted === 'tell' && guard.kept_at === null) return { tone: 'bad', id: 'verdict.told', values };
  if (guard !== null && guard.kept_at === null && guard.e >= SUSPECT_FROM) {
    return { tone: 'warn', id: 'verdict.suspect', values };
  }
  if (counts !== undefined && running + failed === 0) return { tone: 'neutral', id: 'verdict.early', values };
  return { tone: 'good', id: failed === 0 ? 'verdict.clean' : 'verdict.tolerated', values };
}
