// Passkeys: begin and finish of registering one and of signing in with it, and a person's own list.

import { Ok } from '@overair/protocol/manage/formats';
import {
  ById,
  NewPasskey,
  PasskeyAnswer,
  PasskeyList,
  PasskeyOptions,
  PasskeyRegistered,
} from '@overair/protocol/session/sign-in';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { cookieHeader, readCookie } from '../../accounts/sign-in/cookies.ts';
import { CHALLENGE_SECONDS } from '../../accounts/sign-in/passkey-challenges.ts';
import {
  assertNotRemoved,
  beginPasskeySignIn,
  beginRegistration,
  finishPasskeySignIn,
  finishRegistration,
  listPasskeys,
  removePasskey,
} from '../../accounts/sign-in/passkeys.ts';
import type { SignIn } from '../../accounts/sign-in/room.ts';
import { noteSecondFactor } from '../../accounts/sign-in/sessions.ts';
import { type RateLimits, takeOrRefuse } from '../../rate-limit.ts';
import { subscriberOf } from '../../subscriber.ts';
import { handOn, openSession } from './ask-better-auth.ts';
import { type AddRoute, ok } from './route.ts';

/** Per address: each leaves a row behind for some minutes. */
const CHALLENGES_PER_MINUTE = 60;

export function passkeyRoutes(add: AddRoute, signIn: SignIn, limits: RateLimits): void {
  const { cookies } = signIn;
  const ticketOf = (request: FastifyRequest) => readCookie(request.headers.cookie, cookies.passkey);
  const give = (reply: FastifyReply, ticket: string, seconds: number) =>
    reply.header('set-cookie', cookieHeader(cookies.passkey, ticket, cookies, seconds));
  registrationRoutes(add, signIn, { ticketOf, give });
  signInRoutes(add, signIn, { ticketOf, give }, limits);
}

interface Tickets {
  ticketOf(request: FastifyRequest): string | undefined;
  give(reply: FastifyReply, ticket: string, seconds: number): void;
}

function registrationRoutes(add: AddRoute, { db, publicUrl, sessions }: SignIn, { ticketOf, give }: Tickets): void {
  /** What the person could be asked for has changed. */
  const forget = (request: FastifyRequest) => {
    const token = sessions.tokenOf(request.headers);
    if (token !== undefined) sessions.forget(token);
    return token;
  };

  add({
    method: 'POST',
    url: '/passkeys/register/begin',
    auth: 'fresh-session',
    answer: PasskeyOptions,
    async run({ reply, caller }) {
      const { options, ticket } = await beginRegistration(db, publicUrl, caller);
      give(reply, ticket, CHALLENGE_SECONDS);
      return { options };
    },
  });

  add({
    method: 'POST',
    url: '/passkeys/register/finish',
    auth: 'session',
    input: NewPasskey,
    answer: PasskeyRegistered,
    async run({ input, request, reply, caller }) {
      const id = await finishRegistration(db, publicUrl, caller, { ticket: ticketOf(request), ...input });
      give(reply, '', 0);
      const token = forget(request);
      // Whoever has just used it has proved to be there by it.
      if (token !== undefined) await noteSecondFactor(db, token);
      return { id };
    },
  });

  add({
    method: 'GET',
    url: '/passkeys',
    auth: 'session',
    answer: PasskeyList,
    run: ({ caller }) => listPasskeys(db, caller.user_id),
  });

  add({
    method: 'DELETE',
    url: '/passkeys/:id',
    auth: 'fresh-session',
    input: ById,
    answer: Ok,
    async run({ input: { id }, request, caller }) {
      await removePasskey(db, caller, id);
      forget(request);
      return ok;
    },
  });
}

function signInRoutes(add: AddRoute, signIn: SignIn, { ticketOf, give }: Tickets, limits: RateLimits): void {
  const { db, publicUrl, sessions } = signIn;
  const challenges = limits.open({ name: 'passkey-challenges', allowed: CHALLENGES_PER_MINUTE, windowMs: 60_000 });

  add({
    method: 'POST',
    url: '/passkeys/sign-in/begin',
    auth: 'anybody',
    answer: PasskeyOptions,
    async run({ request, reply }) {
      takeOrRefuse(challenges, subscriberOf(request.ip), { reason: 'too_many_challenges' });
      const { options, ticket } = await beginPasskeySignIn(db, publicUrl);
      give(reply, ticket, CHALLENGE_SECONDS);
      return { options };
    },
  });

  add({
    method: 'POST',
    url: '/passkeys/sign-in/finish',
    auth: 'anybody',
    input: PasskeyAnswer,
    answer: Ok,
    async run({ input: { credential }, request, reply }) {
      const { user_id, passkey_id } = await finishPasskeySignIn(db, publicUrl, {
        ticket: ticketOf(request),
        credential,
      });
      give(reply, '', 0);
      const token = sessions.tokenOf(request.headers);
      const present = await sessions.authenticate(request);
      if (token !== undefined && present?.user_id === user_id) {
        await noteSecondFactor(db, token);
        sessions.forget(token);
        return ok;
      }
      const opened = await openSession(signIn, { request, reply }, { user_id, hasSecondFactor: true });
      await assertNotRemoved(db, passkey_id, sessions.tokenIn(opened));
      handOn(reply, opened);
      return ok;
    },
  });
}
