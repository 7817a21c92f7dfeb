// The session door: people sign in, prove a second factor, and look after their own sessions. For browsers of this server's
// own pages: every change needs the right origin. Contract: docs/protocol/session.md.

import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { assertOwnOrigin } from '../../accounts/sign-in/origin.ts';
import { betterAuthRoutes } from './better-auth-routes.ts';
import { handleError, notFound } from './errors.ts';
import { passkeyRoutes } from './passkeys.ts';
import { personRoutes } from './person.ts';
import { providerRoutes } from './provider-routes.ts';
import { type DoorParts, routeAdder } from './route.ts';
import { setUpRoutes } from './set-up.ts';

const MAX_BODY_BYTES = 64 * 1024;

/** To be registered with the prefix `/session`. */
export function sessionDoor(parts: DoorParts): FastifyPluginAsync {
  return async (app) => {
    speakDialect(app, parts);
    const add = routeAdder(app, parts);
    betterAuthRoutes(add, parts.signIn);
    providerRoutes(add, app, parts);
    passkeyRoutes(add, parts.signIn, parts.limits);
    personRoutes(add, parts.signIn);
    setUpRoutes(add, parts);
  };
}

function speakDialect(app: FastifyInstance, { signIn }: DoorParts): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    '*',
    { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
    async (_request: unknown, body: unknown) => body,
  );
  app.setValidatorCompiler(() => () => true);
  app.setErrorHandler(handleError);
  app.setNotFoundHandler(() => {
    throw notFound();
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    assertOwnOrigin(request, signIn.publicOrigin, request.headers.cookie !== undefined);
  });
}
