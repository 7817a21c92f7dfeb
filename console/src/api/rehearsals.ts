// Acts that move phones: prepared, so that the server says what they would do to every known phone, and committed as they were reviewed.

import type { MovingCall, Prepared } from '@overair/protocol/manage/rehearsal';
import { queryOptions } from '@tanstack/react-query';
import { api } from './client.ts';

/** Asked anew whenever a sheet opens: a token works once, and what was true a minute ago may not be any more. */
export const prepared = (call: MovingCall, input: Record<string, unknown>, isWanted: boolean) =>
  queryOptions({
    queryKey: ['prepared', call, input],
    queryFn: () => api.rehearsals.prepare({ call, input }),
    enabled: isWanted,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  });

/** `idempotencyKey`: the same for each try, so that an answer that was lost does not make the change twice. */
export const commit = ({ token, expected_updated_at }: Prepared, idempotencyKey: string) =>
  api.rehearsals.commit({ token, expected_updated_at }, idempotencyKey);

/** Not `crypto.randomUUID`, which browsers keep from pages of plain http. */
export const newIdempotencyKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
