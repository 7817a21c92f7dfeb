// The management API as this page calls it: with the session's cookie, and no key.

import { createClient } from '@overair/protocol/client';
import { serverUrl } from '../base-path.ts';

/** A server that says nothing for so long is away; the page says so and offers another try. */
const ANSWER_WITHIN_MS = 30_000;

const patientFetch: typeof fetch = (input, init) =>
  fetch(input, {
    ...init,
    signal: AbortSignal.any([AbortSignal.timeout(ANSWER_WITHIN_MS), ...(init?.signal ? [init.signal] : [])]),
  });

export const api = createClient({ server: serverUrl, fetch: patientFetch });

/** The same with a key that a person has just typed. */
export const byKey = (apiKey: string) => createClient({ server: serverUrl, apiKey, fetch: patientFetch });
