// What became of one delivery attempt, in the same few classes for every push service.

export type Outcome =
  | { readonly class: 'ok'; readonly id: string | undefined }
  /** The target is dead: retire the registration. `sinceMs`: only when it did not register again after that time. */
  | { readonly class: 'gone'; readonly code: number; readonly reason: string; readonly sinceMs?: number }
  /** The service will never take this payload. */
  | { readonly class: 'payload'; readonly code: number; readonly reason: string }
  /** Our credentials are refused: pause the app's channel, blame no device. */
  | { readonly class: 'auth'; readonly code: number; readonly reason: string }
  /** `throttle` slows the whole channel, `transient` only this delivery. */
  | {
      readonly class: 'throttle' | 'transient';
      readonly code: number;
      readonly reason: string;
      readonly retryAfterMs?: number;
    };

/** Milliseconds of a Retry-After header (seconds or a date), undefined when it is absent or unreadable. */
export function retryAfterMs(header: string | string[] | undefined, nowMs: number): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (!text) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
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
): Outcome {
  return { class: kind, code, reason, ...(waitMs !== undefined && { retryAfterMs: waitMs }) };
}
