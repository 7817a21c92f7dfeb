// The part of better-auth that this server opens, path by path. Whatever else it has is not there: each body is ours and
// refuses unknown names, and each answer is made anew, so neither an option nor a token of the library passes through.

import {
  GiveCode,
  MaybePassword,
  RecoveryCodes,
  SignedIn,
  SignInWithPassword,
  TotpBegun,
} from '@overair/protocol/session/sign-in';
import type { Caller } from '../../accounts/caller.ts';
import { assertFresh } from '../../accounts/second-factor.ts';
import { cookieHeader, readCookie, verified } from '../../accounts/sign-in/cookies.ts';
import { findPasswordProof, type PasswordProof, stillHolds } from '../../accounts/sign-in/password-proof.ts';
import type { SignIn } from '../../accounts/sign-in/room.ts';
import { recordingSignIn } from '../../accounts/sign-in/sign-in-audit.ts';
import { assertTotpCounts } from '../../accounts/sign-in/totp.ts';
import { findWaitingPerson } from '../../accounts/sign-in/waiting-sign-ins.ts';
import { findUser, normalEmail } from '../../accounts/users.ts';
import { type Ask, asker, type Call, handOn } from './ask-better-auth.ts';
import { invalidCredentials, signInExpired } from './errors.ts';
import type { AddRoute } from './route.ts';

const MARK_SECONDS = 180 * 24 * 60 * 60;

export function betterAuthRoutes(add: AddRoute, signIn: SignIn): void {
  const ask = asker(signIn);
  passwordRoutes(add, signIn, ask);
  codeRoutes(add, signIn, ask);
  authenticatorRoutes(add, signIn, ask);
}

function passwordRoutes(add: AddRoute, signIn: SignIn, ask: Ask): void {
  const { db, attempts, cookies: names, sessions } = signIn;
  add({
    method: 'POST',
    url: '/sign-in/email',
    auth: 'anybody',
    input: SignInWithPassword,
    answer: SignedIn,
    async run({ input, request, reply }) {
      const email = normalEmail(input.email);
      const attempt = { email, ip: request.ip, device: readCookie(request.headers.cookie, names.device) };
      const body = { email, password: input.password, rememberMe: input.remember_me ?? true };
      const { answer, cookies } = await attempts.signingIn(attempt, async () => {
        const proof = await findPasswordProof(db, (await findUser(db, email))?.id);
        const answered = await ask({ request, reply }, '/sign-in/email', body);
        const holds = proof && (await stillHolds(db, proof, sessions.tokenIn(answered.cookies)));
        if (!holds) throw invalidCredentials();
        return answered;
      });
      handOn(reply, cookies);
      reply.header('set-cookie', cookieHeader(names.device, attempts.markFor(email), names, MARK_SECONDS));
      if (answer['twoFactorRedirect'] !== true) return { status: 'ok' };
      return { status: 'second_factor', second_factors: answer['twoFactorMethods'] };
    },
  });
}

/** Of the session that may have changed, or be another one now. */
async function changing<T>({ sessions }: SignIn, { request }: Call, deed: () => Promise<T>): Promise<T> {
  const token = sessions.tokenOf(request.headers);
  try {
    return await deed();
  } finally {
    if (token !== undefined) sessions.forget(token);
  }
}

function codeRoutes(add: AddRoute, signIn: SignIn, ask: Ask): void {
  const { db, attempts, cookies: names, secret, sessions } = signIn;

  /** Of the person whose sign-in waits for this code. The library counts what is guessed here. */
  const finishSignIn = async (call: Call, give: () => ReturnType<Ask>) => {
    const name = verified(readCookie(call.request.headers.cookie, names.secondFactor), secret);
    const user_id = name === undefined ? undefined : await findWaitingPerson(db, name);
    const proof: PasswordProof | undefined = await findPasswordProof(db, user_id);
    const answered = await give();
    const holds = proof && (await stillHolds(db, proof, sessions.tokenIn(answered.cookies)));
    if (!holds) throw signInExpired();
    return answered;
  };

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
        const caller = await sessions.authenticate(request);
        const call = { request, reply, caller };
        const give = () => ask(call, path, { code: input.code.trim() });
        if (!caller) {
          handOn(reply, (await finishSignIn(call, give)).cookies);
          return { status: 'ok' };
        }
        if (url === '/two-factor/verify-recovery-code') await assertTotpCounts(db, caller.user_id);
        const prove = () => changing(signIn, call, () => attempts.proving(caller, 'code', give));
        const { cookies } = await recordingSignIn(db, caller, prove, (before, after) =>
          !before.has_totp && after.has_totp ? 'totp_added' : undefined,
        );
        handOn(reply, cookies);
        return { status: 'ok' };
      },
    });
  }
}

function authenticatorRoutes(add: AddRoute, signIn: SignIn, ask: Ask): void {
  const { db, attempts } = signIn;
  /** Asks what takes the password, and may make the session another one. */
  const askByPassword = async (call: Call & { caller: Caller }, path: string, body: object) => {
    const give = () => attempts.proving(call.caller, 'password', () => ask(call, path, body));
    const { answer, cookies } = await changing(signIn, call, give);
    handOn(call.reply, cookies);
    return answer;
  };

  add({
    method: 'POST',
    url: '/two-factor/enable',
    auth: 'session',
    input: MaybePassword,
    answer: TotpBegun,
    async run(call) {
      const { input, caller } = call;
      // Whoever has a second factor proves it before another one is added.
      if (input.password === undefined || caller.session!.second_factors.length > 0) assertFresh(caller, Date.now());
      const answer = await askByPassword(call, '/two-factor/enable', { ...input, method: 'totp' });
      return { totp_uri: answer['totpURI'], recovery_codes: answer['backupCodes'] };
    },
  });

  add({
    method: 'POST',
    url: '/two-factor/disable',
    auth: 'fresh-session',
    input: MaybePassword,
    answer: SignedIn,
    async run(call) {
      const disable = () => askByPassword(call, '/two-factor/disable', call.input);
      await recordingSignIn(db, call.caller, disable, () => 'totp_removed');
      return { status: 'ok' };
    },
  });

  add({
    method: 'POST',
    url: '/two-factor/recovery-codes',
    auth: 'fresh-session',
    input: MaybePassword,
    answer: RecoveryCodes,
    async run(call) {
      const replace = () => askByPassword(call, '/two-factor/generate-backup-codes', call.input);
      const answer = await recordingSignIn(db, call.caller, replace, () => 'recovery_codes_replaced');
      return { recovery_codes: answer['backupCodes'] };
    },
  });
}
