// The mtpush door: callers written for EngageLab's MTPush v4 reach apps and groups here, and clients register and report.

import type { FastifyInstance, FastifyPluginAsync, HTTPMethods, RouteOptions } from 'fastify';
import type { PushRoom } from '../../push/room.ts';
import type { RateLimits } from '../../rate-limit.ts';
import type { Parts } from '../../wiring.ts';
import { createAccess } from './access.ts';
import { aliasRoutes } from './aliases.ts';
import { batchRoutes } from './batch.ts';
import { Clients } from './client-calls.ts';
import { clientRoutes } from './clients.ts';
import { registeredDeviceRoutes } from './devices.ts';
import { pushError } from './dialect/numbers.ts';
import { knownError, noSuchPath, render } from './errors.ts';
import { extraRoutes } from './extras.ts';
import { groupPushRoutes } from './group-push.ts';
import { pageRoutes } from './pages.ts';
import { planRoutes } from './plans.ts';
import { pushRoutes } from './push.ts';
import { type AddRoute, routeAdder } from './route.ts';
import { scheduleRoutes } from './schedules.ts';
import { statusRoutes } from './status.ts';
import { tagRoutes } from './tags.ts';

export function mtpushDoor({ push, limits }: Pick<Parts, 'push' | 'limits'>): FastifyPluginAsync {
  return async (root) => {
    pageRoutes(root);
    await root.register(async (scope) => openDoor(scope, push, limits), { prefix: '/v4' });
  };
}

function openDoor(scope: FastifyInstance, room: PushRoom, limits: RateLimits): void {
  speakDialect(scope);
  const known = rememberMethods(scope);
  const access = createAccess(room, limits);
  const clients = new Clients(room);
  const add = routeAdder(scope, access, clients);
  pushRoutes(add, room);
  groupPushRoutes(add, room, access);
  batchRoutes(add, room);
  scheduleRoutes(add, room);
  registeredDeviceRoutes(add, room);
  tagRoutes(add, room);
  aliasRoutes(add, room);
  statusRoutes(add, room);
  planRoutes(add, room);
  extraRoutes(add, room);
  clientRoutes(add, room, access, clients);
  refuseOtherMethods(add, known);
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
function refuseOtherMethods(add: AddRoute, known: Methods): void {
  const all: HTTPMethods[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
  for (const [url, methods] of [...known]) {
    const method = all.filter((each) => !methods.has(each));
    if (method.length === 0) continue;
    add({
      method,
      url,
      auth: 'anybody',
      run() {
        throw pushError(21001);
      },
    });
  }
}
