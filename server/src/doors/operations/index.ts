// The operations door: is the process up, can it work, how is it doing. For load balancers and Prometheus.

import type { FastifyPluginAsync } from 'fastify';
import type { Parts } from '../../wiring.ts';
import { openMetrics } from './metrics.ts';

/** A database that takes longer than this to answer cannot serve anybody. */
const readyWithinMs = 2_000;

export function operationsDoor(parts: Parts): FastifyPluginAsync {
  return async (scope) => {
    const metrics = openMetrics(parts);
    scope.get('/healthz', () => ({ status: 'ok' }));
    scope.get('/readyz', async (_request, reply) => {
      const [database, storage] = await Promise.all([answers(parts.database.ping()), answers(parts.blobs.ping())]);
      const jobs = parts.jobs.isReady;
      const ready = database && storage && jobs;
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ok' : 'unavailable', database, storage, jobs });
    });
    scope.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
  };
}

async function answers(ping: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), readyWithinMs);
  });
  const inTime = ping.then(
    () => true,
    () => false,
  );
  return Promise.race([inTime, tooLate]).finally(() => clearTimeout(timer));
}
