// The operations door: is the process up, can it work, how is it doing. For load balancers and Prometheus.

import type { FastifyPluginAsync } from 'fastify';
import { SNAPSHOT_PATH, TICKET_HEADER, takeSnapshot, takeTicket } from '../../backup/snapshot.ts';
import type { Parts } from '../../wiring.ts';
import { addRoute } from '../route.ts';
import { type MetricsParts, openMetrics } from './metrics.ts';

/** A database that takes longer than this to answer cannot serve anybody. */
const READY_WITHIN_MS = 2_000;

type ReadinessParts = Pick<Parts, 'database' | 'blobs' | 'jobs' | 'snapshots' | 'config'>;

export function operationsDoor(parts: ReadinessParts & MetricsParts): FastifyPluginAsync {
  return async (scope) => {
    const metrics = openMetrics(parts);
    const shared = { method: 'GET', auth: 'anybody' } as const;
    addRoute(scope, { ...shared, url: '/healthz', run: () => ({ status: 'ok' }) });
    addRoute(scope, {
      ...shared,
      url: '/readyz',
      async run(_request, reply) {
        const state = await readiness(parts);
        return reply.code(state.status === 'unavailable' ? 503 : 200).send(state);
      },
    });
    addRoute(scope, {
      ...shared,
      url: '/metrics',
      run: async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()),
    });
    addRoute(scope, {
      method: 'POST',
      url: SNAPSHOT_PATH,
      auth: 'data-folder',
      admit: (request) => takeTicket(parts.config.dataDir, request.headers[TICKET_HEADER]),
      run: () => takeSnapshot(parts.database, parts.config.dataDir),
    });
  };
}

/**
 * `stale`: the database is away and devices are answered by what is in memory. That counts as ready, because whoever takes
 * such a process out of service silences phones that it could answer.
 */
async function readiness({ database, blobs, jobs, snapshots, config }: ReadinessParts) {
  const [databaseAnswers, storage] = await Promise.all([answers(database.ping()), answers(blobs.ping())]);
  const isReady = databaseAnswers && storage && jobs.isReady;
  const answersDevices = database.engine === 'postgres' && config.roles.includes('web') && jobs.isReady;
  const isStale = !databaseAnswers && answersDevices && snapshots.isUsable;
  return {
    status: isReady ? 'ok' : isStale ? 'stale' : 'unavailable',
    database: databaseAnswers,
    storage,
    jobs: jobs.isReady,
    changes: snapshots.isHearing ? 'heard' : 'polled',
    stale_seconds: Math.round(snapshots.staleMs / 1000),
  };
}

async function answers(ping: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), READY_WITHIN_MS);
  });
  const inTime = ping.then(
    () => true,
    () => false,
  );
  return Promise.race([inTime, tooLate]).finally(() => clearTimeout(timer));
}
