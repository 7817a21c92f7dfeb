// One route of this door as a list of facts. The order of steps is the same for all: authentication, rate limit, handler.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import type { JsonObject } from '../../push/fields.ts';
import type { PushApp, PushGroup } from '../../push/owner/apps.ts';
import { addRoute, type Route } from '../route.ts';
import type { Access } from './access.ts';
import type { ClientDevice, Clients } from './client-calls.ts';
import { query, readJsonObject } from './input.ts';

/** Who may call, by the word that a route names, and what its deed is told of the caller. */
interface Callers {
  /** An app by its key and secret; any call but a push. */
  app: { readonly app: PushApp };
  /** The same, for one push. */
  push: { readonly app: PushApp };
  /** The same, for many: the deed takes what it wants of the app's share and is told how many it may. Throws at none. */
  batch: { readonly app: PushApp; share(wanted: number): number };
  /** A group by its key and secret. */
  group: { readonly group: PushGroup };
  /** A browser or phone that names its app, by a key that is public, from an origin of that app. */
  client: { readonly app: PushApp; readonly input: JsonObject };
  /** The same, and proves which registration it is. */
  device: { readonly app: PushApp; readonly input: JsonObject; readonly device: ClientDevice };
  anybody: object;
}

interface Call {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

interface Facts<Auth extends keyof Callers> extends Pick<Route, 'method' | 'url' | 'maxBodyBytes'> {
  readonly auth: Auth;
  readonly answer?: TSchema;
  run(call: Call & Callers[Auth]): unknown;
}

export type AddRoute = <Auth extends keyof Callers>(facts: Facts<Auth>) => void;

type Identify = { [Auth in keyof Callers]: (call: Call) => Promise<Callers[Auth]> };

export function routeAdder(scope: FastifyInstance, access: Access, clients: Clients): AddRoute {
  const identify: Identify = {
    app: async ({ request, reply }) => ({ app: await access.app(request, reply) }),
    push: async ({ request, reply }) => {
      const { app, share } = await access.sender(request, reply);
      share(1);
      return { app };
    },
    batch: ({ request, reply }) => access.sender(request, reply),
    group: async ({ request, reply }) => ({ group: await access.group(request, reply) }),
    client: async ({ request, reply }) => {
      const input = inputOf(request);
      return { input, app: await clients.app(request, reply, input.app_key) };
    },
    device: async ({ request, reply }) => {
      const input = inputOf(request);
      return { input, ...(await clients.device(request, reply, input)) };
    },
    anybody: async () => ({}),
  };
  return ({ auth, answer, run, ...facts }) =>
    addRoute(scope, {
      ...facts,
      auth,
      ...(answer && { schema: { response: { 200: answer } } }),
      run: async (request, reply) => run({ request, reply, ...(await identify[auth]({ request, reply })) }),
    });
}

const inputOf = (request: FastifyRequest): JsonObject =>
  request.method === 'GET' ? { app_key: query(request, 'app_key') } : readJsonObject(request);
