// Who is signed in: themselves, their sessions, their password.

import { Ok } from '@overair/protocol/manage/formats';
import { ById, ChangeMe, ChangePassword, GivePassword, Me, SessionList } from '@overair/protocol/session/sign-in';
import { assertFresh, freshUntil } from '../../accounts/second-factor.ts';
import { cookieHeader } from '../../accounts/sign-in/cookies.ts';
import { changePassword, confirmByPassword } from '../../accounts/sign-in/own-password.ts';
import { changePerson, getPerson } from '../../accounts/sign-in/person.ts';
import type { SignIn } from '../../accounts/sign-in/room.ts';
import { endSession, endSessionsOf, isDueForRefresh, listSessions } from '../../accounts/sign-in/sessions.ts';
import { AppError } from '../../errors.ts';
import { betterAuthHeaders, handOn } from './ask-better-auth.ts';
import { type AddRoute, ok } from './route.ts';

export function personRoutes(add: AddRoute, signIn: SignIn): void {
  const { db, sessions } = signIn;

  add({
    method: 'GET',
    url: '/me',
    auth: 'session',
    answer: Me,
    async run({ request, reply, caller }) {
      if (isDueForRefresh(caller.expires_at!, Date.now())) {
        const headers = betterAuthHeaders(signIn, { request, reply, caller });
        handOn(reply, (await (await signIn.betterAuth()).refresh(headers)).headers.getSetCookie());
      }
      const session = caller.session!;
      const { id, second_factor_at, second_factors } = session;
      const person = await getPerson(db, caller);
      return {
        person: person.person,
        session: { id, expires_at: caller.expires_at, second_factor_at, fresh_until: freshUntil(session) },
        sign_in: { has_password: person.has_password, providers: person.providers, second_factors },
        organizations: person.organizations,
      };
    },
  });

  add({
    method: 'PUT',
    url: '/me',
    auth: 'session',
    input: ChangeMe,
    answer: Ok,
    async run({ input, caller }) {
      await changePerson(db, caller, input);
      return ok;
    },
  });

  add({
    method: 'POST',
    url: '/sign-out',
    auth: 'anybody',
    answer: Ok,
    async run({ request, reply }) {
      const caller = await sessions.authenticate(request);
      const token = caller && (await endSession(db, caller.user_id, caller.session!.id));
      if (token !== undefined) sessions.forget(token);
      const { cookies } = signIn;
      for (const name of [cookies.session, `${cookies.prefix}dont_remember`]) {
        reply.header('set-cookie', cookieHeader(name, '', cookies, 0));
      }
      return ok;
    },
  });

  sessionRoutes(add, signIn);
  passwordRoutes(add, signIn);
}

function sessionRoutes(add: AddRoute, { db, sessions }: SignIn): void {
  add({
    method: 'GET',
    url: '/sessions',
    auth: 'session',
    answer: SessionList,
    async run({ caller }) {
      const rows = await listSessions(db, caller.user_id);
      return rows.map((row) => ({ ...row, is_current: row.id === caller.session!.id }));
    },
  });

  add({
    method: 'DELETE',
    url: '/sessions/:id',
    auth: 'session',
    input: ById,
    answer: Ok,
    async run({ caller, input: { id } }) {
      const token = await endSession(db, caller.user_id, id);
      if (token === undefined) throw new AppError('session_not_found', 404, 'You have no such session');
      sessions.forget(token);
      return ok;
    },
  });

  add({
    method: 'DELETE',
    url: '/sessions',
    auth: 'session',
    answer: Ok,
    /** All others: who signs everybody out wants to stay. */
    async run({ caller }) {
      for (const token of await endSessionsOf(db, caller.user_id, caller.session!.id)) sessions.forget(token);
      return ok;
    },
  });
}

function passwordRoutes(add: AddRoute, signIn: SignIn): void {
  const { db, attempts, sessions } = signIn;

  add({
    method: 'POST',
    url: '/change-password',
    auth: 'session',
    input: ChangePassword,
    answer: Ok,
    async run({ input, caller }) {
      // Who has a second factor proves it; who gives no password had none, or forgot it.
      if (input.current_password === undefined || caller.session!.second_factors.length > 0)
        assertFresh(caller, Date.now());
      const betterAuth = await signIn.betterAuth();
      const change = () => changePassword(db, betterAuth, caller, input);
      for (const token of await attempts.proving(caller, 'password', change)) sessions.forget(token);
      return ok;
    },
  });

  add({
    method: 'POST',
    url: '/confirm',
    auth: 'session',
    input: GivePassword,
    answer: Ok,
    async run({ input, request, caller }) {
      const betterAuth = await signIn.betterAuth();
      await attempts.proving(caller, 'password', () => confirmByPassword(db, betterAuth, caller, input.password));
      const token = sessions.tokenOf(request.headers);
      if (token !== undefined) sessions.forget(token);
      return ok;
    },
  });
}
