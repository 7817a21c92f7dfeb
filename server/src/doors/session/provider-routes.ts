// Signing in by the account of a company, linking one, and accepting an invitation with one: there and back again.

import { LinkProvider, ProviderAddress, SignInWithProvider } from '@overair/protocol/session/sign-in';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { getInvitation } from '../../accounts/invitations.ts';
import { cookieHeader, readCookie, signed, verified } from '../../accounts/sign-in/cookies.ts';
import type { Credentials } from '../../accounts/sign-in/credentials.ts';
import type { SignIn } from '../../accounts/sign-in/room.ts';
import { endSessionBehind } from '../../accounts/sign-in/sessions.ts';
import { joinByProvider } from '../../accounts/sign-in/set-up.ts';
import { recordingSignIn } from '../../accounts/sign-in/sign-in-audit.ts';
import { AppError } from '../../errors.ts';
import { addRoute } from '../route.ts';
import { askWith, type Call, handOn, toBetterAuth } from './ask-better-auth.ts';
import { betterAuthError } from './errors.ts';
import type { AddRoute, DoorParts } from './route.ts';

/** As long as the library waits for the way back. */
const INVITATION_SECONDS = 10 * 60;

type ProviderParts = Pick<DoorParts, 'keys' | 'signIn'>;

export function providerRoutes(add: AddRoute, app: FastifyInstance, { keys, signIn }: ProviderParts): void {
  add({
    method: 'POST',
    url: '/sign-in/social',
    auth: 'anybody',
    input: SignInWithProvider,
    answer: ProviderAddress,
    async run(call) {
      const { invitation } = call.input;
      if (invitation === undefined) return leave(signIn, call, '/sign-in/social', call.input);
      await keys.guard(invitation, call.request.ip, () => getInvitation(signIn.db, invitation));
      const errorPath = invitePath(invitation);
      const address = await leave(signIn, call, '/sign-in/social', { ...call.input, errorPath });
      const ticket = signed(`${new URL(address.url).searchParams.get('state')} ${invitation}`, signIn.secret);
      call.reply.header(
        'set-cookie',
        cookieHeader(signIn.cookies.invitation, ticket, signIn.cookies, INVITATION_SECONDS),
      );
      return address;
    },
  });

  add({
    method: 'POST',
    url: '/link-social',
    auth: 'fresh-session',
    input: LinkProvider,
    answer: ProviderAddress,
    run: (call) => leave(signIn, call, '/link-social', call.input),
  });

  addRoute(app, {
    method: 'GET',
    url: '/callback/:provider',
    auth: 'anybody',
    run: (request, reply) => comeBack({ keys, signIn }, request, reply),
  });
}

const invitePath = (token: string) => `/ui/invite/${encodeURIComponent(token)}`;

interface Departure {
  readonly provider: string;
  readonly return_to?: string;
  /** Where the browser is sent when it does not work out. */
  readonly errorPath?: string;
}

async function leave(signIn: SignIn, call: Call, path: string, departure: Departure): Promise<{ url: string }> {
  const { provider, return_to = '/', errorPath = '/ui/sign-in' } = departure;
  const { answer, cookies } = await askWith(await signIn.betterAuthWith(provider), signIn, call, path, {
    provider,
    callbackURL: `${signIn.publicUrl}${return_to}`,
    errorCallbackURL: `${signIn.publicUrl}${errorPath}`,
    disableRedirect: true,
  });
  handOn(call.reply, cookies);
  return { url: String(answer['url']) };
}

/** The way back is the same for who signs in and for who links. */
const linked = (before: Credentials, after: Credentials) =>
  after.providers.length > before.providers.length ? 'provider_linked' : undefined;

async function comeBack(parts: ProviderParts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { signIn } = parts;
  const { provider } = request.params as { provider: string };
  const betterAuth = await signIn.betterAuthWith(provider);
  const query = request.url.split('?', 2)[1] ?? '';
  const caller = await signIn.sessions.authenticate(request);
  const finish = (admitted?: string) => {
    const call = { request, reply, caller };
    const path = `/callback/${encodeURIComponent(provider)}?${query}`;
    return betterAuth.handle(toBetterAuth(signIn, call, path, undefined), admitted);
  };
  const token = invitationOf(signIn, request, new URLSearchParams(query).get('state'));
  if (token !== undefined) return acceptInvitation(parts, { request, reply, token, finish });
  const response = await (caller ? recordingSignIn(signIn.db, caller, finish, linked) : finish());
  return follow(reply, response);
}

function follow(reply: FastifyReply, response: Response): FastifyReply {
  handOn(reply, response.headers.getSetCookie());
  const location = response.headers.get('location');
  if (location === null) throw betterAuthError(response.status, undefined);
  return reply.code(302).header('location', location).send();
}

/** The token of the invitation for which this browser left with this state. */
function invitationOf({ cookies, secret }: SignIn, { headers }: FastifyRequest, state: string | null) {
  const [left, token] = verified(readCookie(headers.cookie, cookies.invitation), secret)?.split(' ') ?? [];
  return state !== null && left === state ? token : undefined;
}

interface Acceptance {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly token: string;
  /** `admitted`: the address that gets an account here. */
  finish(admitted: string): Promise<Response>;
}

/** Opens a session only for who joined: an account that exists, or of another address, does not accept by a link. */
async function acceptInvitation({ keys, signIn }: ProviderParts, { request, reply, token, finish }: Acceptance) {
  const { db, sessions } = signIn;
  const sendBack = (code: string) =>
    reply
      .code(302)
      .header('location', `${signIn.publicUrl}${invitePath(token)}?error=${code}`)
      .send();
  reply.header('set-cookie', cookieHeader(signIn.cookies.invitation, '', signIn.cookies, 0));
  try {
    const { email } = await keys.guard(token, request.ip, () => getInvitation(db, token));
    const response = await finish(email);
    const opened = sessions.tokenIn(response.headers.getSetCookie());
    // The provider, or the library, refused: the address has the reason.
    if (opened === undefined) return follow(reply, response);
    const person = await sessions.callerBehind(opened, request.ip);
    if (person && (await joinByProvider(db, token, person))) return follow(reply, response);
    await endSessionBehind(db, opened);
    sessions.forget(opened);
    return sendBack('invitation_for_another_address');
  } catch (error) {
    if (error instanceof AppError && error.status < 500) return sendBack(error.code);
    throw error;
  }
}
