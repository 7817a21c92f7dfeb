// The device door: phones and desktops running the unmodified updater plugin. No authentication: a device is its
// `app_id` and `device_id`.

import type { FastifyPluginAsync } from 'fastify';
import type { Parts } from '../../wiring.ts';
import { channelSelfRoutes } from './channel-self.ts';
import { failureOf } from './errors.ts';
import { answerAhead } from './hot-path.ts';
import { manifestSizeAnswerer } from './manifest-size.ts';
import { addRoutes, type Route } from './route.ts';
import { statsAnswerer } from './stats.ts';
import { updatesAnswerer } from './updates.ts';

/**
 * A question is small; a list of files or 200 events with stack traces may be large. Reading it holds up the thread that
 * answers everybody: 1 MB takes a few milliseconds.
 */
const questionLimit = 64 * 1024;
const listLimit = 1024 * 1024;

const alive = () => ({ status: 'ok' });

export function deviceDoor(parts: Parts): FastifyPluginAsync {
  return async (scope) => {
    // A log of its own for every request costs a fiftieth of answering it; the one line that needs the id names it.
    scope.setChildLoggerFactory((log) => log);
    scope.setErrorHandler((error, request, reply) => {
      const { status, headers, body } = failureOf(error, parts.log, () => request.id);
      return reply.code(status).headers(headers).send(body);
    });
    const routes = routesOf(parts);
    addRoutes(scope, routes);
    answerAhead(scope, routes, parts);
  };
}

function routesOf(parts: Parts): Route[] {
  const channel = channelSelfRoutes(parts);
  return [
    { method: 'GET', path: '/updates', answer: alive },
    { method: 'POST', path: '/updates', bodyLimit: questionLimit, answer: updatesAnswerer(parts) },
    { method: 'POST', path: '/updates/manifest_size', bodyLimit: listLimit, answer: manifestSizeAnswerer(parts) },
    { method: 'GET', path: '/stats', answer: alive },
    { method: 'POST', path: '/stats', bodyLimit: listLimit, answer: statsAnswerer(parts) },
    { method: 'GET', path: '/channel_self', answer: channel.list },
    { method: 'POST', path: '/channel_self', bodyLimit: questionLimit, answer: channel.set },
    { method: 'PUT', path: '/channel_self', bodyLimit: questionLimit, answer: channel.get },
    { method: 'DELETE', path: '/channel_self', bodyLimit: questionLimit, answer: channel.unset },
  ];
}
