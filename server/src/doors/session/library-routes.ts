// The part of better-auth that this server opens, path by path. Whatever else it has is not there: each body is ours and
// refuses unknown names, and each answer is made anew, so neither an option nor a token of the library passes through.

import {
  GiveCode,
  MaybePassword,
  ProviderAddress,
  RecoveryCodes,
  SignedIn,
  SignInWithPassword,
  SignInWithProvider,
  TotpBegun,
} from '@overair/protocol/session/sign-in';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../accounts/caller.ts';
import { assertFresh } from '../../accounts/second-factor.ts';
import type { Attempt } from '../../accounts/sign-in/attempts.ts';
import { CLIENT_ADDRESS_HEADER } from '../../accounts/sign-in/client-address.ts';
import { cookieHeader, readCookie } from '../../accounts/sign-in/cookies.ts';
import type { Library } from '../../accounts/sign-in/library.ts';
import type { SignIn } from '../../accounts/sign-in/room.ts';
import { normalEmail } from '../../accounts/users.ts';
import { AppError } from '../../errors.ts';
import { addRoute } from '../route.ts';
import { libraryError } from './errors.ts';
import type { AddRoute } from './route.ts';

const MARK_SECONDS = 180 * 24 * 60 * 60;

export function libraryRoutes(add: AddRoute, app: FastifyInstance, signIn: SignIn): void {
  const ask = asker(signIn);
  passwordRoutes(add, signIn, ask);
  codeRoutes(add, signIn, ask);
  providerRoutes(add, app, signIn);
}

type Ask = (request: FastifyRequest, reply: FastifyReply, path: string, body: object) => Promise<Answer>;
type Answer = Record<string, unknown>;

function asker(signIn: SignIn): Ask {
  return async (request, reply, path, body) => forward(await signIn.library(), signIn, request, reply, path, body);
}

/** Asks the library, hands its cookies on and nothing else. Throws what it refuses, in this door's words. */
async function forward(
  library: Library,
  signIn: SignIn,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  body: object | undefined,
): Promise<Answer> {
  const response = await library.handle(toLibrary(signIn, request, path, body));
  for (const cookie of response.headers.getSetCookie()) reply.header('set-cookie', cookie);
  const text = await response.text();
  const parsed: unknown = text === '' ? undefined : JSON.parse(text);
  if (!response.ok) throw libraryError(response.status, parsed);
  return (parsed ?? {}) as Answer;
}

function toLibrary(signIn: SignIn, request: FastifyRequest, path: string, body: object | undefined): Request {
  const headers = libraryHeaders(request);
  if (body) headers.set('content-type', 'application/json');
  return new Request(`${signIn.publicUrl}/session${path}`, {
    method: body ? 'POST' : 'GET',
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
}

/** Of the client's headers those alone that the library needs; the address is the one that this server believes. */
export function libraryHeaders({ headers, ip }: FastifyRequest): Headers {
  const chosen = new Headers({ [CLIENT_ADDRESS_HEADER]: ip });
  for (const name of ['cookie', 'origin', 'user-agent'] as const) {
    const value = headers[name];
    if (value !== undefined) chosen.set(name, value);
  }
  return chosen;
}

function passwordRoutes(add: AddRoute, { attempts, cookies }: SignIn, ask: Ask): void {
  add({
    method: 'POST',
    url: '/sign-in/email',
    auth: 'anybody',
    input: SignInWithPassword,
    answer: SignedIn,
    async run({ input, request, reply }) {
      const email = normalEmail(input.email);
      const attempt = { email, ip: request.ip, device: readCookie(request.headers.cookie, cookies.device) };
      const body = { email, password: input.password, rememberMe: input.remember_me ?? true };
      const answer = await guessing(attempts, attempt, () => ask(request, reply, '/sign-in/email', body));
      reply.header('set-cookie', cookieHeader(cookies.device, attempts.markFor(email), cookies, MARK_SECONDS));
      if (answer['twoFactorRedirect'] !== true) return { status: 'ok' };
      return { status: 'second_factor', second_factors: answer['twoFactorMethods'] };
    },
  });
}

const guesses = new Set(['invalid_credentials', 'invalid_password', 'invalid_code', 'code_was_used']);

/** Does what needs a right password or code, unless too many were wrong before. */
export async function guessing<T>(attempts: SignIn['attempts'], attempt: Attempt, deed: () => Promise<T>): Promise<T> {
  attempts.admit(attempt);
  try {
    const done = await deed();
    attempts.succeeded(attempt);
    return done;
  } catch (error) {
    if (error instanceof AppError && guesses.has(error.code)) attempts.failed(attempt);
    throw error;
  }
}

function codeRoutes(add: AddRoute, { attempts, sessions }: SignIn, ask: Ask): void {
  /** The session may have changed, or be another one now. */
  const changing = async (request: FastifyRequest, deed: () => Promise<Answer>) => {
    const token = sessions.tokenOf(request.headers);
    try {
      return await deed();
    } finally {
      if (token !== undefined) sessions.forget(token);
    }
  };
  /** What somebody guesses who is signed in is counted here; the library counts what is guessed before. */
  const byPerson = ({ user_id, ip }: Caller): Attempt => ({ email: `of ${user_id}`, ip: ip ?? '', device: undefined });

  for (const [url, path] of [
    ['/two-factor/verify-totp', '/two-factor/verify-totp'],
    ['/two-factor/verify-recovery-code', '/two-factor/verify-backup-code'],
  ] as const) {
    add({
      method: 'POST',
      url,
      auth: 'anybody',
      input: GiveCode,
      answer: SignedIn,
      async run({ input, request, reply }) {
        const code = input.code.trim();
        const give = () => changing(request, () => ask(request, reply, path, { code }));
        const caller = await sessions.authenticate(request);
        await (caller ? guessing(attempts, byPerson(caller), give) : give());
        return { status: 'ok' };
      },
    });
  }

  add({
    method: 'POST',
    url: '/two-factor/enable',
    auth: 'session',
    input: MaybePassword,
    answer: TotpBegun,
    async run({ input, request, reply, caller }) {
      // Whoever has a second factor proves it before another one is added.
      if (input.password === undefined || caller.session!.second_factors.length > 0) assertFresh(caller, Date.now());
      const begin = () =>
        changing(request, () => ask(request, reply, '/two-factor/enable', { ...input, method: 'totp' }));
      const { totpURI, backupCodes } = await guessing(attempts, byPerson(caller), begin);
      return { totp_uri: totpURI, recovery_codes: backupCodes };
    },
  });

  add({
    method: 'POST',
    url: '/two-factor/disable',
    auth: 'fresh-session',
    input: MaybePassword,
    answer: SignedIn,
    async run({ input, request, reply, caller }) {
      await guessing(attempts, byPerson(caller), () =>
        changing(request, () => ask(request, reply, '/two-factor/disable', input)),
      );
      return { status: 'ok' };
    },
  });

  add({
    method: 'POST',
    url: '/two-factor/recovery-codes',
    auth: 'fresh-session',
    input: MaybePassword,
    answer: RecoveryCodes,
    async run({ input, request, reply, caller }) {
      const { backupCodes } = await guessing(attempts, byPerson(caller), () =>
        ask(request, reply, '/two-factor/generate-backup-codes', input),
      );
      return { recovery_codes: backupCodes };
    },
  });
}

function providerRoutes(add: AddRoute, app: FastifyInstance, signIn: SignIn): void {
  for (const [url, auth] of [
    ['/sign-in/social', 'anybody'],
    ['/link-social', 'fresh-session'],
  ] as const) {
    add({
      method: 'POST',
      url,
      auth,
      input: SignInWithProvider,
      answer: ProviderAddress,
      async run({ input: { provider, return_to = '/' }, request, reply }) {
        const library = await signIn.libraryWith(provider);
        const { url: address } = await forward(library, signIn, request, reply, url, {
          provider,
          callbackURL: `${signIn.publicUrl}${return_to}`,
          errorCallbackURL: `${signIn.publicUrl}/ui/sign-in`,
          disableRedirect: true,
        });
        return { url: address };
      },
    });
  }

  addRoute(app, {
    method: 'GET',
    url: '/callback/:provider',
    auth: 'anybody',
    async run(request, reply) {
      const { provider } = request.params as { provider: string };
      const library = await signIn.libraryWith(provider);
      const query = request.url.split('?', 2)[1] ?? '';
      const path = `/callback/${encodeURIComponent(provider)}?${query}`;
      const response = await library.handle(toLibrary(signIn, request, path, undefined));
      for (const cookie of response.headers.getSetCookie()) reply.header('set-cookie', cookie);
      const location = response.headers.get('location');
      if (location === null) throw libraryError(response.status, undefined);
      return reply.code(302).header('location', location).send();
    },
  });
}
