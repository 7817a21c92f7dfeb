// One route of uploads as a list of facts. Its app decides whose key opens it, so the order is the same for all: what the
// call is about, the key and its right on that app, then the deed.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addRoute, type Route } from '../route.ts';
import type { Authorize, UploadTarget } from './auth.ts';

interface Call<Subject> {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly subject: Subject;
  /** The app, of which the caller may upload bundles. */
  readonly target: UploadTarget;
}

interface UploadRoute<Subject> extends Pick<Route, 'method' | 'url' | 'schema' | 'maxBodyBytes'> {
  /** What the call is about: its query, body or headers, or what they name. Nothing is told of it before the right is sure. */
  about(request: FastifyRequest): Subject | Promise<Subject>;
  run(call: Call<Subject>): unknown;
}

export type AddUploadRoute = <Subject extends { readonly app_id?: unknown }>(facts: UploadRoute<Subject>) => void;

export function uploadRouteAdder(scope: FastifyInstance, authorize: Authorize): AddUploadRoute {
  return ({ about, run, ...facts }) =>
    addRoute(scope, {
      ...facts,
      auth: 'upload-key',
      async run(request, reply) {
        const subject = await about(request);
        const target = await authorize(request, subject.app_id);
        return run({ request, reply, subject, target });
      },
    });
}
