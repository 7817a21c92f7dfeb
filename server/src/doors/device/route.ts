// What a route of this door is, whichever way a request came in: before Fastify (hot-path.ts) or through it.

import type { FastifyInstance } from 'fastify';
import { addRoute, type Route } from '../route.ts';

/** One request of a device. */
export interface Call {
  /** Text that nothing was judged of yet; `''` when there is none. */
  readonly body: string;
  readonly query: unknown;
  /** The device's address, as far as the proxies before this server are trusted. */
  readonly ip: string;
  /** Brings the answer and its lines in the log together. */
  id(): string;
}

/** JSON as text, or what is to be printed as such. Always with status 200: whatever else there is to say is thrown. */
type Answer = string | object;

export interface DeviceRoute extends Pick<Route, 'url'> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** What is longer is refused before it is read. Undefined: the route takes no body. */
  readonly maxBodyBytes?: number;
  run(call: Call): Answer | Promise<Answer>;
}

/** Every route also answers below this prefix, as the vendor's does. */
export const prefixes = ['', '/plugin'] as const;

export const JSON_TYPE = 'application/json; charset=utf-8';

export const print = (answer: Answer): string => (typeof answer === 'string' ? answer : JSON.stringify(answer));

/** The way through Fastify. */
export function addRoutes(scope: FastifyInstance, routes: readonly DeviceRoute[]): void {
  takeAnyBody(scope);
  for (const prefix of prefixes) {
    for (const { url, run, ...facts } of routes) {
      addRoute(scope, {
        ...facts,
        url: prefix + url,
        auth: 'anybody',
        async run(request, reply) {
          const { body, query, ip } = request;
          const call: Call = { body: typeof body === 'string' ? body : '', query, ip, id: () => request.id };
          return reply.type(JSON_TYPE).send(print(await run(call)));
        },
      });
    }
  }
}

/** Whatever the content type says, or if it says nothing: the body is text, and the routes read it as JSON. */
function takeAnyBody(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  // Fastify looks `*` up anew for every request, after it took the header apart; a name it remembers.
  scope.addContentTypeParser(['application/json', '*'], { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  );
}
