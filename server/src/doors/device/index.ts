// The device door: phones and desktops running the unmodified updater plugin. No authentication: a device is its
// `app_id` and `device_id`. Every route also answers below /plugin, as the vendor's does.

import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { Parts } from '../../wiring.ts';
import { channelSelfRoutes } from './channel-self.ts';
import { knownError, render } from './errors.ts';
import { manifestSizeRoute } from './manifest-size.ts';
import { statsRoute } from './stats.ts';
import { updatesRoute } from './updates.ts';

/**
 * A question is small; a list of files or 200 events with stack traces may be large. Reading it holds up the thread that
 * answers everybody: 1 MB takes a few milliseconds.
 */
const questionLimit = 64 * 1024;
const listLimit = 1024 * 1024;

const alive = { status: 'ok' };

export function deviceDoor(parts: Parts): FastifyPluginAsync {
  return async (scope) => {
    acceptAnyBody(scope);
    // A log of its own for every request costs a fiftieth of answering it; the one line that needs the id names it.
    scope.setChildLoggerFactory((log) => log);
    scope.setErrorHandler((error, request, reply) => {
      const known = knownError(error);
      if (known === undefined) request.log.error({ err: error, reqId: request.id }, 'a device could not be answered');
      const { status, headers, body } = render(known);
      return reply.code(status).headers(headers).send(body);
    });
    const channel = channelSelfRoutes(parts);
    await scope.register(async (at) => routes(at, parts, channel));
    await scope.register(async (at) => routes(at, parts, channel), { prefix: '/plugin' });
  };
}

/** `channel` keeps limits: one for both addresses. */
function routes(scope: FastifyInstance, parts: Parts, channel: ReturnType<typeof channelSelfRoutes>): void {
  scope.get('/updates', () => alive);
  scope.post('/updates', { bodyLimit: questionLimit }, updatesRoute(parts));
  scope.post('/updates/manifest_size', { bodyLimit: listLimit }, manifestSizeRoute(parts));
  scope.get('/stats', () => alive);
  scope.post('/stats', { bodyLimit: listLimit }, statsRoute(parts));
  scope.post('/channel_self', { bodyLimit: questionLimit }, channel.set);
  scope.put('/channel_self', { bodyLimit: questionLimit }, channel.get);
  scope.delete('/channel_self', { bodyLimit: questionLimit }, channel.unset);
  scope.get('/channel_self', channel.list);
}

/** Whatever the content type says, or if it says nothing: the body is text, and the routes read it as JSON. */
function acceptAnyBody(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  // Fastify looks `*` up anew for every request, after it took the header apart; a name it remembers.
  scope.addContentTypeParser(['application/json', '*'], { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  );
}
