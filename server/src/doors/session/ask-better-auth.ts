// One question to better-auth, and its answer in this door's words.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../accounts/caller.ts';
import type { BetterAuth, OpenSession } from '../../accounts/sign-in/better-auth.ts';
import { CLIENT_ADDRESS_HEADER } from '../../accounts/sign-in/client-address.ts';
import type { SignIn } from '../../accounts/sign-in/room.ts';
import { betterAuthError } from './errors.ts';

/** A request of this door. Without a caller the library sees no session either, whatever cookies came. */
export interface Call {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly caller?: Caller | undefined;
}

interface Answered {
  readonly answer: Record<string, unknown>;
  /** Not handed on yet. */
  readonly cookies: readonly string[];
}

export type Ask = (call: Call, path: string, body: object) => Promise<Answered>;

export function asker(signIn: SignIn): Ask {
  return async (call, path, body) => askWith(await signIn.betterAuth(), signIn, call, path, body);
}

/** Throws what the library refuses. */
export async function askWith(
  betterAuth: BetterAuth,
  signIn: SignIn,
  call: Call,
  path: string,
  body: object,
): Promise<Answered> {
  const response = await betterAuth.handle(toBetterAuth(signIn, call, path, body));
  const text = await response.text();
  const parsed: unknown = text === '' ? undefined : JSON.parse(text);
  const cookies = response.headers.getSetCookie();
  if (!response.ok) {
    // Such as the one that removes a sign-in which waited for a code too long.
    handOn(call.reply, cookies);
    throw betterAuthError(response.status, parsed);
  }
  return { answer: (parsed ?? {}) as Record<string, unknown>, cookies };
}

export function toBetterAuth(signIn: SignIn, call: Call, path: string, body: object | undefined): Request {
  const headers = betterAuthHeaders(signIn, call);
  if (body) headers.set('content-type', 'application/json');
  return new Request(`${signIn.publicUrl}/session${path}`, {
    method: body ? 'POST' : 'GET',
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
}

/** Of the client's headers those alone that the library needs; the address is the one that this server believes. */
export function betterAuthHeaders({ sessions }: SignIn, { request: { headers, ip }, caller }: Call): Headers {
  const chosen = new Headers({ [CLIENT_ADDRESS_HEADER]: ip });
  for (const name of ['origin', 'user-agent'] as const) {
    const value = headers[name];
    if (value !== undefined) chosen.set(name, value);
  }
  if (headers.cookie !== undefined) chosen.set('cookie', sessions.cookiesOf(headers, caller));
  return chosen;
}

export function handOn(reply: FastifyReply, cookies: readonly string[]): void {
  for (const cookie of cookies) reply.header('set-cookie', cookie);
}

/** Signs somebody in who has proved who they are. The cookies are not handed on yet. */
export async function openSession(signIn: SignIn, call: Call, facts: OpenSession): Promise<readonly string[]> {
  const betterAuth = await signIn.betterAuth();
  const response = await betterAuth.openSession(facts, betterAuthHeaders(signIn, call));
  return response.headers.getSetCookie();
}
