// A route as every door declares it: method, address, who may, what it reads and answers, what it does. Each door has a
// route.ts that makes these of its own facts; nothing else registers a route.

import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema, HTTPMethods } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** See `Route.auth`. A server does not start with a route that has none: app.ts. */
    auth?: string;
    /** Its door, by name: app.ts. */
    door?: string;
  }
}

export interface Route {
  readonly method: HTTPMethods | HTTPMethods[];
  readonly url: string;
  /** Whose call it is, in the words of the door: `key`, `signed-url`. `anybody`: no credential is asked for. */
  readonly auth: string;
  readonly schema?: FastifySchema & { readonly hide?: boolean };
  readonly maxBodyBytes?: number;
  /** Before the body is read. */
  readonly admit?: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  readonly run: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

export function addRoute(scope: FastifyInstance, route: Route): void {
  const { method, url, auth, schema, maxBodyBytes, admit, run } = route;
  scope.route({
    method,
    url,
    config: { auth },
    ...(schema && { schema }),
    ...(maxBodyBytes !== undefined && { bodyLimit: maxBodyBytes }),
    ...(admit && { onRequest: admit }),
    handler: async (request, reply) => run(request, reply),
  });
}
