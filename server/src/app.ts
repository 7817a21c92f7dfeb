// The HTTP application: the list of doors. Process concerns live in main.ts, so tests start the very same thing.

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, {
  type ConnectionError,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { deviceDoor } from './doors/device/index.ts';
import { filesDoor } from './doors/files/index.ts';
import { manageDoor } from './doors/manage/index.ts';
import { mtpushDoor } from './doors/mtpush/index.ts';
import { operationsDoor } from './doors/operations/index.ts';
import { requestIds } from './request-id.ts';
import { addSecurityHeaders, rawAnswer, securityHeaders } from './security-headers.ts';
import type { Parts } from './wiring.ts';

export async function buildApp(parts: Parts): Promise<FastifyInstance> {
  const requestId = requestIds(parts.forwarded.trust);
  const app = Fastify({
    loggerInstance: parts.log as FastifyBaseLogger,
    // One line per request would cost more than deciding it; doors log what matters.
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: parts.forwarded.trust,
    genReqId: (request) => requestId(request as IncomingMessage),
    // Called for every request of every door, before anything else.
    rewriteUrl(request) {
      parts.forwarded.look(request as IncomingMessage);
      return withoutFunctionsPrefix(request);
    },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1024 },
    forceCloseConnections: 'idle',
    // Its answer would lack the headers: the hook below gives the same one.
    return503OnClosing: false,
    frameworkErrors: answerUnroutable,
    clientErrorHandler: answerUnreadable,
    // A large upload may take its time, but not without a byte for two minutes.
    requestTimeout: 0,
    connectionTimeout: 120_000,
  });
  addSecurityHeaders(app);
  refuseWhenClosing(app);
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: 'not_found', message: 'Not found', status: 'KO' }),
  );
  await app.register(operationsDoor(parts));
  // A process for background work alone can be asked for its health, and nothing else.
  if (!parts.config.roles.includes('web')) return app;
  await app.register(deviceDoor(parts));
  await app.register(manageDoor(parts));
  await app.register(mtpushDoor(parts));
  await app.register(filesDoor(parts), { prefix: '/files' });
  return app;
}

const failure = (error: string, message: string) => ({ error, message, status: 'KO' });

/** A path that cannot be decoded, or has too long a part: no door was reached yet. */
function answerUnroutable(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const body = failure('invalid_request', 'The address of the request cannot be read');
  reply
    .code(error.statusCode ?? 400)
    .headers(securityHeaders)
    .send(body);
}

const unreadable: Record<string, [status: string, message: string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took too long to arrive'],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers of the request are too large'],
};

/** What is no HTTP, or never became a whole request. */
function answerUnreadable({ code }: ConnectionError, socket: Socket): void {
  if (code === 'ECONNRESET' || socket.destroyed) return;
  const [status, message] = unreadable[code] ?? ['400 Bad Request', 'The request cannot be read'];
  if (socket.writable) socket.write(rawAnswer(status, failure('invalid_request', message)));
  socket.destroy();
}

/** Connections that are kept open may still bring requests while the process ends. */
function refuseWhenClosing(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  app.addHook('onRequest', (_request, reply, done) => {
    if (!isClosing) return done();
    reply.code(503).send(failure('closing', 'The server is stopping, try again in a moment'));
  });
}

const functionsPrefix = '/functions/v1/';

/** Clients of the original service that are pointed at another host ask below this prefix. */
function withoutFunctionsPrefix({ url = '/' }: { url?: string | undefined }): string {
  return url.startsWith(functionsPrefix) ? url.slice(functionsPrefix.length - 1) : url;
}
