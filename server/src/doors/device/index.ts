// The device door: phones and desktops running the unmodified updater plugin. No authentication: a device is its
// `app_id` and `device_id`.

import type { FastifyPluginAsync } from 'fastify';
import type { Parts } from '../../wiring.ts';
import { ChannelSelf } from './channel-self.ts';
import { FailureLog, failureOf } from './errors.ts';
import { answerAhead } from './hot-path.ts';
import { manifestSizeAnswerer } from './manifest-size.ts';
import { addRoutes, type DeviceRoute } from './route.ts';
import { statsAnswerer } from './stats.ts';
import { updatesAnswerer } from './updates.ts';

/**
 * A question is small; a list of files or 200 events with stack traces may be large. Reading it holds up the thread that
 * answers everybody: 1 MB takes a few milliseconds.
 */
const QUESTION_LIMIT = 64 * 1024;
const LIST_LIMIT = 1024 * 1024;

const alive = () => ({ status: 'ok' });

type DeviceParts = Pick<
  Parts,
  | 'config'
  | 'database'
  | 'forwarded'
  | 'limits'
  | 'log'
  | 'metrics'
  | 'providers'
  | 'recorder'
  | 'served'
  | 'sightings'
  | 'signDownload'
  | 'snapshots'
>;

export function deviceDoor(parts: DeviceParts): FastifyPluginAsync {
  return async (scope) => {
    // A log of its own for every request costs a fiftieth of answering it; the one line that needs the id names it.
    scope.setChildLoggerFactory((log) => log);
    const failures = new FailureLog(parts.log);
    scope.setErrorHandler((error, request, reply) => {
      const { status, headers, body } = failureOf(error, failures, () => request.id);
      return reply.code(status).headers(headers).send(body);
    });
    const routes = routesOf(parts);
    addRoutes(scope, routes);
    answerAhead(scope, routes, { ...parts, failures });
  };
}

function routesOf(parts: DeviceParts): DeviceRoute[] {
  const channel = new ChannelSelf(parts);
  const shared = { url: '/channel_self', maxBodyBytes: QUESTION_LIMIT };
  return [
    { method: 'GET', url: '/updates', run: alive },
    { method: 'POST', url: '/updates', maxBodyBytes: QUESTION_LIMIT, run: updatesAnswerer(parts) },
    { method: 'POST', url: '/updates/manifest_size', maxBodyBytes: LIST_LIMIT, run: manifestSizeAnswerer(parts) },
    { method: 'GET', url: '/stats', run: alive },
    { method: 'POST', url: '/stats', maxBodyBytes: LIST_LIMIT, run: statsAnswerer(parts) },
    { method: 'GET', url: '/channel_self', run: (call) => channel.list(call) },
    { ...shared, method: 'POST', run: (call) => channel.set(call) },
    { ...shared, method: 'PUT', run: (call) => channel.get(call) },
    { ...shared, method: 'DELETE', run: (call) => channel.unset(call) },
  ];
}
