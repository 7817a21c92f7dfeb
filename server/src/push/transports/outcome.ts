// What became of one delivery attempt, in the same few classes for every push service.

export type Outcome =
  | { readonly class: 'ok'; readonly id: string | undefined }
  /** The target is dead: retire the registration. `sinceMs`: only when it did not register again after that time. */
  | { readonly class: 'gone'; readonly code: number; readonly reason: string; readonly sinceMs?: number }
  /** The service will never take this payload. */
  | { readonly class: 'payload'; readonly code: number; readonly reason: string }
  /**
   * The service does not take this device together with our credential; which of the two is wrong shows in what becomes
   * of the others. `lasting`: to ask again is in vain. `blameless`: it says nothing about the device, whatever became of others.
   */
  | {
      readonly class: 'refused';
      readonly code: number;
      readonly reason: string;
      readonly lasting: boolean;
      readonly blameless?: boolean;
    }
  /** Our credentials are refused: pause the app's channel, blame no device. */
  | { readonly class: 'auth'; readonly code: number; readonly reason: string }
  /** `throttle` slows the whole channel unless it is about this device alone, `transient` only this delivery. */
  | {
      readonly class: 'throttle' | 'transient';
      readonly code: number;
      readonly reason: string;
      readonly retryAfterMs?: number;
      readonly onlyThisDevice?: boolean;
    };

const SHORTEST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 3_600_000;
/** The three forms of RFC 9110 section 5.6.7 begin with a day of the week. `Date.parse` alone would make a date of almost anything. */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /;

/**
 * Milliseconds of a Retry-After header (seconds or a date), undefined when it is absent or unreadable: then the caller's
 * own back-off counts. From a second to an hour, whatever it says: nobody is stormed, and no message waits for ever.
 */
export function retryAfterMs(header: string | string[] | undefined, nowMs: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim() ?? '';
  const waitMs = /^-?\d+(\.\d+)?$/.test(text)
    ? Number(text) * 1000
    : HTTP_DATE.test(text)
      ? Date.parse(text) - nowMs
      : NaN;
  if (Number.isNaN(waitMs)) return undefined;
  return Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, waitMs));
}

/** A request that got no answer: refused, reset, timed out, or never allowed to connect. */
export function networkOutcome(error: unknown): Outcome {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException).code ?? (cause instanceof Error ? cause.name : 'error');
  return { class: 'transient', code: 0, reason: `network: ${code}` };
}

export function withRetryAfter(
  kind: 'throttle' | 'transient',
  code: number,
  reason: string,
  waitMs: number | undefined,
): Extract<Outcome, { class: 'throttle' | 'transient' }> {
  return { class: kind, code, reason, ...(waitMs !== undefined && { retryAfterMs: waitMs }) };
}
