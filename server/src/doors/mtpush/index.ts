// The mtpush door: callers written for EngageLab's MTPush v4 reach apps and groups here, and clients register and report.

import type { FastifyInstance, FastifyPluginAsync, HTTPMethods, RouteOptions } from 'fastify';
import type { PushRoom } from '../../push/room.ts';
import type { Parts } from '../../wiring.ts';
import { createAccess } from './access.ts';
import { aliasRoutes } from './aliases.ts';
import { batchRoutes } from './batch.ts';
import { clientRoutes } from './clients.ts';
import { deviceRoutes } from './devices.ts';
import { pushError } from './dialect/numbers.ts';
import { knownError, noSuchPath, render } from './errors.ts';
import { extraRoutes } from './extras.ts';
import { groupPushRoutes } from './group-push.ts';
import { pageRoutes } from './pages.ts';
import { planRoutes } from './plans.ts';
import { pushRoutes } from './push.ts';
import { scheduleRoutes } from './schedules.ts';
import { statusRoutes } from './status.ts';
import { tagRoutes } from './tags.ts';

export function mtpushDoor({ push }: Parts): FastifyPluginAsync {
  return async (root) => {
    pageRoutes(root);
    await root.register(async (scope) => openDoor(scope, push), { prefix: '/v4' });
  };
}

function openDoor(scope: FastifyInstance, room: PushRoom): void {
  speakDialect(scope);
  const known = rememberMethods(scope);
  const access = createAccess(room);
  pushRoutes(scope, room, access);
  groupPushRoutes(scope, room, access);
  batchRoutes(scope, room, access);
  scheduleRoutes(scope, room, access);
  deviceRoutes(scope, room, access);
  tagRoutes(scope, room, access);
  aliasRoutes(scope, room, access);
  statusRoutes(scope, room, access);
  planRoutes(scope, room, access);
  extraRoutes(scope, room, access);
  clientRoutes(scope, room, access);
  refuseOtherMethods(scope, known);
}

/** Bodies arrive as bytes whatever their content type; the routes read them as JSON. */
function speakDialect(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: unknown, body: unknown) => body);
  scope.setErrorHandler((error, request, reply) => {
    const ours = knownError(error);
    if (!ours) request.log.error({ err: error }, 'a push call failed');
    const { status, headers, body } = render(ours, error);
    return reply.code(status).headers(headers).send(body);
  });
  scope.setNotFoundHandler((_request, reply) => reply.code(404).send(noSuchPath));
}

type Methods = Map<string, Set<string>>;

function rememberMethods(scope: FastifyInstance): Methods {
  const known: Methods = new Map();
  scope.addHook('onRoute', (route: RouteOptions) => {
    const url = route.url.replace(/^\/v4/, '');
    const methods = known.get(url) ?? new Set<string>();
    for (const method of [route.method].flat()) methods.add(method);
    known.set(url, methods);
  });
  return known;
}

/** A known path with another method is 405 here, not 404. */
function refuseOtherMethods(scope: FastifyInstance, known: Methods): void {
  const all: HTTPMethods[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
  for (const [url, methods] of [...known]) {
    const method = all.filter((each) => !methods.has(each));
    if (method.length === 0) continue;
    scope.route({
      method,
      url,
      handler: async () => {
        throw pushError(21001);
      },
    });
  }
}
