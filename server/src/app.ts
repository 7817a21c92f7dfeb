// The HTTP application: the list of doors. Process concerns live in serve.ts, so tests start the very same thing.

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, {
  type ConnectionError,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type RouteOptions,
} from 'fastify';
import { consoleDoor } from './doors/console/index.ts';
import { deviceDoor } from './doors/device/index.ts';
import { filesDoor } from './doors/files/index.ts';
import { manageDoor } from './doors/manage/index.ts';
import { mtpushDoor } from './doors/mtpush/index.ts';
import { operationsDoor } from './doors/operations/index.ts';
import { sessionDoor } from './doors/session/index.ts';
import { REQUEST_ID_HEADER, requestIds } from './request-id.ts';
import { pathRewriter } from './request-path.ts';
import { addCommonHeaders, rawAnswer, securityHeaders } from './security-headers.ts';
import type { Parts } from './wiring.ts';

/** `onRoute` hears of every route of every door. */
export async function buildApp(parts: Parts, onRoute?: (route: RouteOptions) => void): Promise<FastifyInstance> {
  const requestId = requestIds(parts.forwarded.trust);
  const ownSegments = new Set<string>();
  const rewritePath = pathRewriter(parts.config.publicUrl, (segment) => ownSegments.has(segment));
  const app = Fastify({
    loggerInstance: parts.log as FastifyBaseLogger,
    // One line per request would cost more than deciding it; doors log what matters.
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: parts.forwarded.trust,
    genReqId: (request) => requestId(request as IncomingMessage),
    // Called for every request of every door, before anything else.
    rewriteUrl(request) {
      parts.forwarded.look(request as IncomingMessage);
      return rewritePath(request);
    },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1024 },
    forceCloseConnections: 'idle',
    // What still comes on open connections while the server stops is answered: phones would count a 503 as a failed download.
    return503OnClosing: false,
    frameworkErrors: answerUnroutable,
    clientErrorHandler: answerUnreadable,
    // A large upload may take its time, but not without a byte for two minutes.
    requestTimeout: 0,
    connectionTimeout: 120_000,
  });
  addCommonHeaders(app);
  app.addHook('onRoute', (route) => {
    assertDeclared(route);
    onRoute?.(route);
    ownSegments.add(route.url.split('/')[1] ?? '');
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: 'not_found', message: 'Not found', status: 'KO' }),
  );
  timeRequests(app, parts);
  await addDoor(app, 'operations', operationsDoor(parts));
  // A process for background work alone can be asked for its health, and nothing else.
  if (!parts.config.roles.includes('web')) return app;
  await addDoor(app, 'device', deviceDoor(parts));
  await addDoor(app, 'manage', manageDoor(parts));
  await addDoor(app, 'session', sessionDoor(parts), '/session');
  await addDoor(app, 'mtpush', mtpushDoor(parts));
  await addDoor(app, 'files', filesDoor(parts), '/files');
  await addDoor(app, 'console', consoleDoor(parts));
  return app;
}

/** Each of its routes knows the door that it is in. */
async function addDoor(app: FastifyInstance, name: string, door: FastifyPluginAsync, prefix = ''): Promise<void> {
  await app.register(
    async (scope) => {
      scope.addHook('onRoute', (route) => {
        route.config = { ...route.config, door: name };
      });
      await scope.register(door);
    },
    { prefix },
  );
}

/** What is answered before Fastify is timed there. */
function timeRequests(app: FastifyInstance, { metrics }: Parts): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { method, url, config } = request.routeOptions;
    const route = url === undefined ? 'unknown' : `${method} ${url}`;
    metrics.requests.of(config?.door ?? 'none', route, String(reply.statusCode)).observe(reply.elapsedTime / 1000);
    done();
  });
}

/** A route of which nobody decided who may call it is a hole, so the server does not start with it. */
function assertDeclared({ method, url, config }: RouteOptions): void {
  if (config?.auth === undefined) throw new Error(`${method} ${url} does not say who may call it: see doors/route.ts`);
}

const failure = (error: string, message: string) => ({ error, message, status: 'KO' });

/** A path that cannot be decoded, or has too long a part: no door was reached yet. */
function answerUnroutable(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const body = failure('invalid_request', 'The address of the request cannot be read');
  reply
    .code(error.statusCode ?? 400)
    .headers(securityHeaders)
    .header(REQUEST_ID_HEADER, request.id)
    .send(body);
}

const timeout = ['408 Request Timeout', 'The request took too long to arrive'] as const;

/** Said to whom the server no longer waits for. */
export const tooSlow = () => rawAnswer(timeout[0], failure('invalid_request', timeout[1]));

const unreadable: Record<string, readonly [status: string, message: string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: timeout,
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers of the request are too large'],
};

/** What is no HTTP, or never became a whole request. */
function answerUnreadable({ code }: ConnectionError, socket: Socket): void {
  if (code === 'ECONNRESET' || socket.destroyed) return;
  const [status, message] = unreadable[code] ?? ['400 Bad Request', 'The request cannot be read'];
  if (socket.writable) socket.write(rawAnswer(status, failure('invalid_request', message)));
  socket.destroy();
}
