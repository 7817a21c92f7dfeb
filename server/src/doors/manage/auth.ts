// Who is calling: a key in one of three headers, or else a signed-in person, with a limit on calls per key and person.

import type { FastifyRequest } from 'fastify';
import { authenticate } from '../../accounts/authenticate.ts';
import { type Caller, nameOfCaller, personCaller } from '../../accounts/caller.ts';
import { AppError } from '../../errors.ts';
import { takeOrRefuse } from '../../rate-limit.ts';
import type { Parts } from '../../wiring.ts';

const MINUTE_MS = 60_000;

/** What to answer a request without any credential; the contract has two sentences for it. `anybody` needs none. */
export type AuthKind = 'key' | 'session-or-key' | 'anybody';

const nothingGiven: Record<Exclude<AuthKind, 'anybody'>, () => AppError> = {
  key: () => new AppError('no_key_provided', 401, 'No key provided'),
  'session-or-key': () => new AppError('no_jwt_apikey_or_subkey', 401, 'No JWT, apikey or subkey provided'),
};

/** The caller of routes that need none: it may do nothing anywhere. */
const nobody: Caller = personCaller({
  user_id: '00000000-0000-0000-0000-000000000000',
  user_email: '',
  expires_at: null,
  ip: null,
});

export type Authenticate = (request: FastifyRequest, kind: AuthKind) => Promise<Caller>;

type AuthParts = Pick<Parts, 'config' | 'keys' | 'limits' | 'signIn'>;

export function createAuthenticate({ config, limits, ...guards }: AuthParts): Authenticate {
  const calls = limits.open({ name: 'caller-calls', allowed: config.apiKeyRateLimit, windowMs: MINUTE_MS });

  return async (request, kind) => {
    if (kind === 'anybody') return nobody;
    const caller = await authenticate(guards, request);
    if (!caller) throw nothingGiven[kind]();
    takeOrRefuse(calls, nameOfCaller(caller), limitDetail(caller));
    return caller;
  };
}

const limitDetail = ({ key_id }: Caller) =>
  key_id === null
    ? { reason: 'session_rate_limit_exceeded' }
    : { reason: 'api_key_rate_limit_exceeded', apikey_id: key_id };
