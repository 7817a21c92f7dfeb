// /invitation: the page behind an invitation's link, and the same for programs. Needs no key: the token is the secret.

import { AcceptInvitation, InvitationAccepted } from '@overair/protocol/manage/member';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { acceptInvitation, getInvitation } from '../../accounts/invitations.ts';
import { AppError } from '../../errors.ts';
import type { Parts } from '../../wiring.ts';
import { addRoute } from '../route.ts';
import { invitationHtml, invitationPolicy, joinedHtml, refusedHtml } from './invitation-page.ts';
import { type AddRoute, ok } from './route.ts';

export const invitationLink = (publicUrl: string, token: string) => `${publicUrl}/invitation?token=${token}`;

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

type PageParts = Pick<Parts, 'database' | 'keys' | 'config'>;

/** Looking uses nothing up: programs that preview links do it too. Accepting is a POST, without a script on the page. */
export function invitationPageRoutes(app: FastifyInstance, { database: { db }, keys, config }: PageParts): void {
  const shared = { url: '/invitation', auth: 'anybody', schema: { hide: true } } as const;
  addRoute(app, {
    ...shared,
    method: 'GET',
    run(request, reply) {
      const { token = '' } = request.query as { token?: unknown };
      return page(request, reply, String(token), async (given) =>
        invitationHtml(await getInvitation(db, given), given),
      );
    },
  });
  addRoute(app, {
    ...shared,
    method: 'POST',
    run(request, reply) {
      const token = new URLSearchParams(String(request.body ?? '')).get('token') ?? '';
      return page(request, reply, token, async (given) =>
        joinedHtml(await acceptInvitation(db, given, request.ip), config.publicUrl),
      );
    },
  });

  async function page(
    { ip }: FastifyRequest,
    reply: FastifyReply,
    token: string,
    html: (token: string) => Promise<string>,
  ): Promise<FastifyReply> {
    reply.type('text/html; charset=utf-8').headers({
      'content-security-policy': invitationPolicy,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
    try {
      return reply.send(await keys.guard(token, ip, () => html(token)));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return reply.code(error.status).send(refusedHtml(error.message));
    }
  }
}
