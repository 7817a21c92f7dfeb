// The cache of what the API answered, and what follows from failures: a session that ended, and what is worth another try.

import { ApiError } from '@overair/protocol/client';
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { sessionEnded } from './signed-out.ts';

const MAX_TRIES = 2;

const onError = (error: unknown) => {
  if (isSignedOut(error)) sessionEnded.set(true);
};

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error, query) => query.queryKey[0] !== 'me' && onError(error) }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What was refused is refused again; what did not answer may.
      retry: (failures, error) => failures < MAX_TRIES && !(error instanceof ApiError && error.status < 500),
    },
  },
});

/** How routes of both doors say that the cookie opens nothing any more. */
const SIGNED_OUT = new Set(['not_signed_in', 'no_key_provided', 'no_jwt_apikey_or_subkey']);

export const isSignedOut = (error: unknown): boolean => error instanceof ApiError && SIGNED_OUT.has(error.code);
