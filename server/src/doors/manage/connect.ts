// /connect: a program asks for a key, its owner approves in a browser, the program fetches the key once. RFC 8628 in JSON.

import {
  ApproveConnect,
  AskToConnect,
  ConnectCodes,
  ConnectedKey,
  ConnectRequest,
  DenyConnect,
  FetchConnectedKey,
  FindConnectRequest,
} from '@overair/protocol/manage/connect';
import { Ok } from '@overair/protocol/manage/formats';
import type { Caller } from '../../accounts/caller.ts';
import {
  approveConnect,
  askToConnect,
  denyConnect,
  fetchConnectedKey,
  getConnectRequest,
} from '../../accounts/connect.ts';
import type { Config } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { type RateLimit, type RateLimits, refuseIfSpent, takeOrRefuse } from '../../rate-limit.ts';
import type { Vault } from '../../secrets.ts';
import { subscriberOf } from '../../subscriber.ts';
import { onlyUnrestricted } from './apikeys.ts';
import { type AddRoute, ok } from './route.ts';

const QUARTER_HOUR_MS = 15 * 60_000;

/** To approve is to make a key, so the rule and its words are those of POST /apikey. */
const admit = onlyUnrestricted('cannot_create_apikey', 400, 'API keys cannot create other API keys');

interface ConnectParts {
  config: Pick<Config, 'publicUrl' | 'failedAuthLimit'>;
  vault: Vault;
  limits: RateLimits;
}

export function connectRoutes(add: AddRoute, parts: ConnectParts): void {
  programRoutes(add, parts);
  ownerRoutes(add, parts);
}

function programRoutes(add: AddRoute, { config, vault, limits }: ConnectParts): void {
  const asked = limits.open({ name: 'connect-requests', allowed: config.failedAuthLimit, windowMs: QUARTER_HOUR_MS });

  add({
    method: 'POST',
    url: '/connect/device',
    summary: 'Ask for a key that an owner approves in a browser',
    auth: 'anybody',
    input: AskToConnect,
    answer: ConnectCodes,
    async run({ db, request: { ip }, input }) {
      takeOrRefuse(asked, subscriberOf(ip), { reason: 'too_many_connect_requests' });
      const codes = await askToConnect(db, input, ip);
      const verification_uri = `${config.publicUrl}/connect`;
      const verification_uri_complete = `${verification_uri}?user_code=${codes.user_code}`;
      return { ...codes, verification_uri, verification_uri_complete };
    },
  });

  add({
    method: 'POST',
    url: '/connect/token',
    summary: 'Fetch the approved key, once; until then the errors of RFC 8628',
    auth: 'anybody',
    input: FetchConnectedKey,
    answer: ConnectedKey,
    run: ({ db, request, input }) => fetchConnectedKey(db, vault, input.device_code, request.ip),
  });
}

function ownerRoutes(add: AddRoute, { config, vault, limits }: ConnectParts): void {
  const guesses = limits.open({
    name: 'connect-guesses',
    allowed: config.failedAuthLimit,
    windowMs: QUARTER_HOUR_MS,
    endsAfter: 'last',
  });

  add({
    method: 'GET',
    url: '/connect/request',
    summary: 'Read which program waits with a code',
    auth: 'session-or-key',
    input: FindConnectRequest,
    admit,
    answer: ConnectRequest,
    run: ({ db, caller, input }) => guarded(guesses, caller, () => getConnectRequest(db, input.user_code)),
  });

  add({
    method: 'POST',
    url: '/connect/approve',
    summary: 'Give the waiting program a key of yours, as it asked or with other limits',
    auth: 'session-or-key',
    isDangerous: true,
    reads: 'json',
    input: ApproveConnect,
    admit,
    answer: Ok,
    async run({ db, caller, actor, input }) {
      await guarded(guesses, caller, () => approveConnect(db, vault, caller, actor, input));
      return ok;
    },
  });

  add({
    method: 'POST',
    url: '/connect/deny',
    summary: 'Send the waiting program away',
    auth: 'session-or-key',
    reads: 'json',
    input: DenyConnect,
    admit,
    answer: Ok,
    async run({ db, caller, actor, input }) {
      await guarded(guesses, caller, () => denyConnect(db, caller, actor, input.user_code));
      return ok;
    },
  });
}

/**
 * A code that nobody waits with counts as a guess of this account: codes are short enough to be guessed. Not of its
 * address, which colleagues and everybody behind a proxy may share.
 */
async function guarded<T>(guesses: RateLimit, { user_id }: Caller, deed: () => Promise<T>): Promise<T> {
  refuseIfSpent(guesses, user_id, { reason: 'too_many_unknown_codes' });
  try {
    return await deed();
  } catch (error) {
    if (error instanceof AppError && error.code === 'unknown_user_code') guesses.take(user_id, Date.now());
    throw error;
  }
}
