// Who is calling: a key in one of three headers, with a limit on calls per key.

import type { FastifyRequest } from 'fastify';
import type { Caller } from '../../accounts/caller.ts';
import { AppError } from '../../errors.ts';
import { takeOrRefuse } from '../../rate-limit.ts';
import type { Parts } from '../../wiring.ts';

const minuteMs = 60_000;

/** What to answer a request without any credential; the contract has two sentences for it. `anybody` needs none. */
export type AuthKind = 'key' | 'session-or-key' | 'anybody';

const nothingGiven: Record<Exclude<AuthKind, 'anybody'>, () => AppError> = {
  key: () => new AppError('no_key_provided', 401, 'No key provided'),
  'session-or-key': () => new AppError('no_jwt_apikey_or_subkey', 401, 'No JWT, apikey or subkey provided'),
};

/** The caller of routes that need none: it may do nothing anywhere. */
const nobody: Caller = {
  user_id: '00000000-0000-0000-0000-000000000000',
  user_email: '',
  key_id: 0,
  key_name: '',
  keys: [
    {
      key_id: 0,
      mode: 'read',
      limited_to_orgs: [],
      limited_to_apps: [],
      limited_to_channels: [],
      bindings: null,
      global_permissions: [],
    },
  ],
  expires_at: null,
  ip: null,
};

export type Authenticate = (request: FastifyRequest, kind: AuthKind) => Promise<Caller>;

export function createAuthenticate({ config, keys, limits }: Pick<Parts, 'config' | 'keys' | 'limits'>): Authenticate {
  const calls = limits.open({ name: 'apikey-calls', allowed: config.apiKeyRateLimit, windowMs: minuteMs });

  return async (request, kind) => {
    if (kind === 'anybody') return nobody;
    const caller = await keys.authenticate(request.headers, request.ip);
    if (!caller) throw nothingGiven[kind]();
    const { key_id } = caller;
    takeOrRefuse(calls, String(key_id), { reason: 'api_key_rate_limit_exceeded', apikey_id: key_id });
    return caller;
  };
}
