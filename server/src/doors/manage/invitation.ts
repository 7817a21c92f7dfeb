// /invitation: accepting an invitation without a browser, and where its page was before the console. Needs no key: the token
// is the secret.

import { AcceptInvitation, InvitationAccepted } from '@overair/protocol/manage/member';
import type { FastifyInstance } from 'fastify';
import { acceptInvitation } from '../../accounts/invitations.ts';
import { wantsHtml } from '../../html.ts';
import { beside } from '../../request-path.ts';
import type { Parts } from '../../wiring.ts';
import { addRoute } from '../route.ts';
import { type AddRoute, ok } from './route.ts';

const pageOf = (token: string) => `ui/invite/${encodeURIComponent(token)}`;

export const invitationLink = (publicUrl: string, token: string) => `${publicUrl}/${pageOf(token)}`;

export function invitationRoutes(add: AddRoute, keys: Parts['keys']): void {
  add({
    method: 'POST',
    url: '/invitation/accept',
    summary: 'Accept an invitation by the token of its link; makes an account with a first key',
    auth: 'anybody',
    input: AcceptInvitation,
    answer: InvitationAccepted,
    async run({ db, request, input: { token } }) {
      const joined = await keys.guard(token, request.ip, () => acceptInvitation(db, token, request.ip));
      return { ...ok, ...joined };
    },
  });
}

/** Links that were handed out before lead to the page of today. */
export function invitationPageRoute(app: FastifyInstance): void {
  addRoute(app, {
    method: 'GET',
    url: '/invitation',
    auth: 'anybody',
    schema: { hide: true },
    run(request, reply) {
      const { token } = request.query as { token?: unknown };
      if (!wantsHtml(request.headers) || typeof token !== 'string' || token === '') return reply.callNotFound();
      return reply
        .code(302)
        .headers({
          location: `./${beside(request.originalUrl, pageOf(token))}`,
          vary: 'accept',
          'cache-control': 'no-store',
          'referrer-policy': 'no-referrer',
        })
        .send();
    },
  });
}
