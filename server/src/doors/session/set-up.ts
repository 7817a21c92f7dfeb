// Before anybody is signed in: what is possible here, the first account, the way back, and invitations.

import { Ok } from '@overair/protocol/manage/formats';
import {
  GivePassword,
  InvitationShown,
  InvitationToken,
  JoinWithPassword,
  SetUp,
  SignInOptions,
} from '@overair/protocol/session/sign-in';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../accounts/caller.ts';
import { getInvitation } from '../../accounts/invitations.ts';
import { passkeyObstacle } from '../../accounts/sign-in/passkeys.ts';
import { joinWithPassword, needsSetUp, recover, setUp } from '../../accounts/sign-in/set-up.ts';
import { AppError } from '../../errors.ts';
import { handOn, openSession } from './ask-better-auth.ts';
import { type AddRoute, type DoorParts, ok } from './route.ts';

export function setUpRoutes(add: AddRoute, { database: { db }, keys, signIn }: DoorParts): void {
  add({
    method: 'GET',
    url: '/options',
    auth: 'anybody',
    answer: SignInOptions,
    async run() {
      // Whoever looks at the sign-in page is about to need it, and loading takes a moment.
      signIn.betterAuth().catch(() => {});
      const providers = signIn.providers.map(({ id, name }) => ({ id, name }));
      const reason = passkeyObstacle(signIn.publicUrl) ?? null;
      return { needs_setup: await needsSetUp(db), providers, passkeys: { is_available: reason === null, reason } };
    },
  });

  const hash = async (password: string) => (await signIn.betterAuth()).hashPassword(password);

  async function open(request: FastifyRequest, reply: FastifyReply, user_id: string) {
    handOn(reply, await openSession(signIn, { request, reply }, { user_id, hasSecondFactor: false }));
    return ok;
  }

  async function byKey(request: FastifyRequest): Promise<Caller> {
    const caller = await keys.authenticate(request.headers, request.ip);
    if (!caller) throw new AppError('no_key_provided', 401, 'No key provided: send it in the authorization header');
    return caller;
  }

  add({
    method: 'POST',
    url: '/setup',
    auth: 'anybody',
    input: SetUp,
    answer: Ok,
    async run({ input, request, reply }) {
      const caller = await byKey(request);
      return open(request, reply, await setUp(db, caller, input, hash));
    },
  });

  add({
    method: 'POST',
    url: '/recover',
    auth: 'anybody',
    input: GivePassword,
    answer: Ok,
    async run({ input, request, reply }) {
      const { user_id, ended } = await recover(db, await byKey(request), input.password, hash);
      for (const token of ended) signIn.sessions.forget(token);
      return open(request, reply, user_id);
    },
  });

  add({
    method: 'POST',
    url: '/invitation/show',
    auth: 'anybody',
    input: InvitationToken,
    answer: InvitationShown,
    run: ({ input: { token }, request }) => keys.guard(token, request.ip, () => getInvitation(db, token)),
  });

  add({
    method: 'POST',
    url: '/invitation/accept',
    auth: 'anybody',
    input: JoinWithPassword,
    answer: Ok,
    async run({ input, request, reply }) {
      const user_id = await keys.guard(input.token, request.ip, async () => {
        const { email } = await getInvitation(db, input.token);
        return joinWithPassword(db, { ...input, email }, request.ip, hash);
      });
      return open(request, reply, user_id);
    },
  });
}
