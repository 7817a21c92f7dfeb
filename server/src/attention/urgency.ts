// Which matter comes first, and all of them in one sentence. Pure.

import {
  type AttentionKind,
  type AttentionSeverity,
  attentionKinds,
  attentionSeverities,
} from '@overair/protocol/manage/attention';

interface Urgent {
  readonly severity: AttentionSeverity;
  readonly kind: AttentionKind;
  readonly since: Date;
  readonly id: string;
}

/** By severity, by kind, and then the newest first. */
export function byUrgency(a: Urgent, b: Urgent): number {
  return (
    attentionSeverities.indexOf(a.severity) - attentionSeverities.indexOf(b.severity) ||
    attentionKinds.indexOf(a.kind) - attentionKinds.indexOf(b.kind) ||
    b.since.getTime() - a.since.getTime() ||
    (a.id < b.id ? -1 : 1)
  );
}

/** `open`: sorted, and nobody has acknowledged them. `known`: how many somebody looks after. */
export function summaryOf(open: readonly { readonly message: string }[], known: number): string {
  const [first] = open;
  if (first === undefined && known === 0) return 'All is well: nothing needs you.';
  if (first === undefined)
    return `Nothing needs you: somebody looks after ${known === 1 ? 'a matter' : `${known} matters`}.`;
  return open.length === 1 ? first.message : `${open.length} matters need you. First: ${first.message}`;
}
