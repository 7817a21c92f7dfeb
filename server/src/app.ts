// The HTTP application: the list of doors. Process concerns live in main.ts, so tests start the very same thing.

import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { deviceDoor } from './doors/device/index.ts';
import { filesDoor } from './doors/files/index.ts';
import { manageDoor } from './doors/manage/index.ts';
import { mtpushDoor } from './doors/mtpush/index.ts';
import { operationsDoor } from './doors/operations/index.ts';
import { requestIds } from './request-id.ts';
import type { Parts } from './wiring.ts';

export async function buildApp(parts: Parts): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: parts.log as FastifyBaseLogger,
    // One line per request would cost more than deciding it; doors log what matters.
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: parts.config.trustProxy,
    genReqId: requestIds(parts.config.trustProxy !== false),
    rewriteUrl: withoutFunctionsPrefix,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1024 },
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    // A large upload may take its time, but not without a byte for two minutes.
    requestTimeout: 0,
    connectionTimeout: 120_000,
  });
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

const functionsPrefix = '/functions/v1/';

/** Clients of the original service that are pointed at another host ask below this prefix. */
function withoutFunctionsPrefix({ url = '/' }: { url?: string | undefined }): string {
  return url.startsWith(functionsPrefix) ? url.slice(functionsPrefix.length - 1) : url;
}
