// The management door: REST for scripts, CI, the CLI and the console. Credential: an API key or a session.
// Bodies are read as text whatever their content type, and checked by input.ts: Fastify coerces nothing here.

import { createRequire } from 'node:module';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { AppError } from '../../errors.ts';
import type { Parts } from '../../wiring.ts';
import { addRoute } from '../route.ts';
import { apikeyRoutes } from './apikeys.ts';
import { approvalRoutes } from './approvals.ts';
import { appRoutes } from './apps.ts';
import { attentionRoutes } from './attention.ts';
import { auditRoutes } from './audit.ts';
import { createAuthenticate } from './auth.ts';
import { bundleRoutes } from './bundles.ts';
import { channelRoutes } from './channels.ts';
import { connectRoutes } from './connect.ts';
import { connectPageRoute } from './connect-page.ts';
import { allowOrigins } from './cors.ts';
import { deviceLogRoutes } from './device-log.ts';
import { deviceRoutes } from './devices.ts';
import { knownError, render } from './errors.ts';
import { eventStreamRoute } from './event-stream.ts';
import { freezeRoutes } from './freezes.ts';
import { invitationPageRoute, invitationRoutes } from './invitation.ts';
import { memberRoutes } from './members.ts';
import { describeRoutes, descriptionRoutes } from './openapi.ts';
import { organizationRoutes } from './organizations.ts';
import { outcomeRoutes } from './outcomes.ts';
import { polledRoutes } from './polled.ts';
import { pushAppRoutes } from './push-apps.ts';
import { pushGroupRoutes } from './push-groups.ts';
import { pushMessageRoutes } from './push-messages.ts';
import { rehearsalRoutes } from './rehearsals.ts';
import { releaseRoutes } from './releases.ts';
import { type MovingRoute, type RouteParts, routeAdder } from './route.ts';
import { serverRoutes } from './server.ts';
import { statisticsRoutes } from './statistics.ts';
import { webhookRoutes } from './webhooks.ts';
import { withheldRoutes } from './withheld.ts';

const { version } = createRequire(import.meta.url)('../../../package.json') as { version: string };

/** Routes with large lists allow more. */
const MAX_BODY_BYTES = 1024 * 1024;

/** What the door uses of the wiring; each file of routes is handed its share. */
type ManageParts = RouteParts &
  Pick<
    Parts,
    | 'config'
    | 'keys'
    | 'rehearsals'
    | 'signIn'
    | 'limits'
    | 'forwarded'
    | 'blobs'
    | 'push'
    | 'webhooks'
    | 'vault'
    | 'sightings'
    | 'attention'
  >;

export function manageDoor(parts: ManageParts): FastifyPluginAsync {
  return async (app) => {
    const { config } = parts;
    speakDialect(app);
    allowOrigins(app, config.publicUrl);
    await describeRoutes(app, config.publicUrl, version);
    const authenticate = createAuthenticate(parts);
    const moving = new Map<string, MovingRoute>();
    const add = routeAdder(app, parts, authenticate, moving);
    appRoutes(add, parts);
    bundleRoutes(add);
    channelRoutes(add, parts);
    releaseRoutes(add, parts);
    withheldRoutes(add);
    polledRoutes(add, parts);
    attentionRoutes(add, parts.attention);
    serverRoutes(add, parts);
    freezeRoutes(add);
    rehearsalRoutes(add, moving, parts);
    approvalRoutes(add, moving, parts);
    deviceRoutes(add, parts);
    deviceLogRoutes(add, parts);
    organizationRoutes(add, parts);
    memberRoutes(add, config);
    invitationRoutes(add, parts.keys);
    auditRoutes(add);
    apikeyRoutes(add);
    connectRoutes(add, parts);
    statisticsRoutes(add, config);
    outcomeRoutes(add);
    eventStreamRoute(app, parts, authenticate);
    pushAppRoutes(add, parts.push);
    pushGroupRoutes(add, parts.push);
    pushMessageRoutes(add, parts.push);
    webhookRoutes(add, parts.webhooks);
    descriptionRoutes(app);
    connectPageRoute(app);
    invitationPageRoute(app);
    probeRoutes(app, parts.forwarded);
  };
}

/** `overair doctor` asks the way everybody else does, so the answer to /ok says what happens to their addresses. */
function probeRoutes(app: FastifyInstance, forwarded: Parts['forwarded']): void {
  addRoute(app, {
    method: ['GET', 'POST'],
    url: '/ok',
    auth: 'anybody',
    run: ({ raw }) => ({ status: 'ok', ...(forwarded.ignores(raw) && { forwarded_for: 'ignored' }) }),
  });
  addRoute(app, {
    method: 'POST',
    url: '/ko',
    auth: 'anybody',
    run() {
      throw new AppError('unknown_error', 500, 'KO');
    },
  });
}

function speakDialect(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    '*',
    { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
    async (_request: unknown, body: unknown) => body,
  );
  app.setValidatorCompiler(() => () => true);
  app.setErrorHandler((error, request, reply) => {
    const known = knownError(error);
    if (!known) request.log.error({ err: error }, 'a management call failed');
    const { status, headers, body } = render(known, request.url);
    return reply.code(status).headers(headers).send(body);
  });
}
