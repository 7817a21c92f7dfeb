// Lets pages and apps of known origins call the routes that the original service opens to them. No cookies: a key is needed anyway.

import type { FastifyInstance } from 'fastify';
import { addRoute } from '../route.ts';

const open = /^\/(app|organization|apikey|statistics)(\/|\?|$)/;
const local = /^(https?:\/\/localhost(:\d{1,5})?|capacitor:\/\/localhost|ionic:\/\/localhost)$/;

const allowed = {
  'access-control-allow-methods': 'POST, GET, PUT, PATCH, DELETE, OPTIONS',
  'access-control-allow-headers': 'Content-Type, Authorization, capgkey, capgo_api, x-api-key, x-limited-key-id',
  'access-control-expose-headers': 'Retry-After, X-RateLimit-Reset, X-Request-Id',
  'access-control-max-age': '600',
};

/** The server's own origin and those of apps and development servers. */
export function allowOrigins(app: FastifyInstance, publicUrl: string): void {
  const own = new URL(publicUrl).origin;
  app.addHook('onRequest', async (request, reply) => {
    if (!open.test(request.url)) return;
    reply.header('vary', 'Origin');
    const { origin } = request.headers;
    if (origin !== undefined && (origin === own || local.test(origin))) {
      reply.headers({ 'access-control-allow-origin': origin, ...allowed });
    }
  });
  for (const url of ['/app', '/app/*', '/organization', '/organization/*', '/apikey', '/apikey/*', '/statistics/*']) {
    addRoute(app, {
      method: 'OPTIONS',
      url,
      auth: 'anybody',
      schema: { hide: true },
      run: (_request, reply) => reply.code(204).send(),
    });
  }
}
