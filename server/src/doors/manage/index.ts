// The management door: REST for scripts, CI, the CLI and the dashboard. Credential: an API key.
// Bodies are read as text whatever their content type, and checked by input.ts: Fastify coerces nothing here.

import { createRequire } from 'node:module';
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import { AppError } from '../../errors.ts';
import { openSending } from '../../webhooks/queues.ts';
import type { Parts } from '../../wiring.ts';
import { apikeyRoutes } from './apikeys.ts';
import { appRoutes } from './apps.ts';
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
import { invitationPageRoutes, invitationRoutes } from './invitation.ts';
import { memberRoutes } from './members.ts';
import { describeRoutes, descriptionRoutes } from './openapi.ts';
import { organizationRoutes } from './organizations.ts';
import { pushAppRoutes } from './push-apps.ts';
import { pushGroupRoutes } from './push-groups.ts';
import { routeAdder } from './route.ts';
import { statisticsRoutes } from './statistics.ts';
import { webhookRoutes } from './webhooks.ts';

const { version } = createRequire(import.meta.url)('../../../package.json') as { version: string };

/** Routes with large lists allow more. */
const maxBodyBytes = 1024 * 1024;

export function manageDoor(parts: Parts): FastifyPluginAsync {
  return async (app) => {
    speakDialect(app);
    allowOrigins(app, parts.config.publicUrl);
    await describeRoutes(app, parts.config.publicUrl, version);
    const add = routeAdder(app, parts, createAuthenticate(parts));
    appRoutes(add);
    bundleRoutes(add);
    channelRoutes(add);
    deviceRoutes(add, parts.config, parts.limits);
    deviceLogRoutes(add);
    organizationRoutes(add);
    memberRoutes(add);
    invitationRoutes(add, parts.keys);
    auditRoutes(add);
    apikeyRoutes(add);
    connectRoutes(add, parts.config, parts.limits);
    statisticsRoutes(add);
    pushAppRoutes(add);
    pushGroupRoutes(add);
    const sending = openSending(parts);
    app.addHook('onClose', () => sending.dispatcher.close());
    webhookRoutes(add, sending);
    descriptionRoutes(app);
    connectPageRoute(app);
    invitationPageRoutes(app, parts);
    // `overair doctor` asks the way everybody else does, so this request says what happens to theirs.
    const alive = async ({ raw }: FastifyRequest) => ({
      status: 'ok',
      ...(parts.forwarded.ignores(raw) && { forwarded_for: 'ignored' }),
    });
    app.route({ method: ['GET', 'POST'], url: '/ok', handler: alive });
    app.post('/ko', async () => {
      throw new AppError('unknown_error', 500, 'KO');
    });
  };
}

function speakDialect(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    '*',
    { parseAs: 'string', bodyLimit: maxBodyBytes },
    async (_request: unknown, body: unknown) => body,
  );
  app.setValidatorCompiler(() => () => true);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  app.setErrorHandler((error, request, reply) => {
    const known = knownError(error);
    if (!known) request.log.error({ err: error }, 'a management call failed');
    const { status, headers, body } = render(known, request.url);
    return reply.code(status).headers(headers).send(body);
  });
}
