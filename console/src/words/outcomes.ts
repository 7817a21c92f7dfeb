// The words of outcomes, in one place: what each is called, in which order they stand, and how each is drawn. Their meaning:
// docs/protocol/device.md#words.

import type { Outcomes } from '@overair/protocol/manage/outcomes';
import type { MessageId } from './catalogue/en.ts';

export const OUTCOME_WORDS = ['running', 'downloaded', 'offered', 'silent', 'refused', 'failed'] as const;
type OutcomeWord = (typeof OUTCOME_WORDS)[number];

export const outcomeLabel = {
  running: 'word.running',
  downloaded: 'word.downloaded',
  offered: 'word.offered',
  silent: 'word.silent',
  refused: 'word.refused',
  failed: 'word.failed',
} as const satisfies Record<OutcomeWord, MessageId>;

export const outcomeMeaning = {
  running: 'word.running.means',
  downloaded: 'word.downloaded.means',
  offered: 'word.offered.means',
  silent: 'word.silent.means',
  refused: 'word.refused.means',
  failed: 'word.failed.means',
} as const satisfies Record<OutcomeWord, MessageId>;

export const failureLabel = {
  bundle: 'failure.bundle',
  network: 'failure.network',
  device: 'failure.device',
  crash: 'failure.crash',
} as const satisfies Record<keyof Outcomes['total']['failed'], MessageId>;

type Counts = Pick<Outcomes['total'], 'offered' | 'downloaded' | 'running' | 'failed' | 'refused' | 'silent'>;

const sum = (counts: object) =>
  Object.values(counts).reduce((total: number, each: number) => total + each, 0) as number;

export function countOf(counts: Counts, word: OutcomeWord): number {
  return word === 'failed' || word === 'refused' ? sum(counts[word]) : counts[word];
}

/** Phones that have a word about the bundle at all. */
export const everyPhone = (counts: Counts): number =>
  OUTCOME_WORDS.reduce((total, word) => total + countOf(counts, word), 0);
