// What Prometheus scrapes: the process, what it counted, and what waits between a device's request and the disk.

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { countOpen } from '../../attention/noticed.ts';
import { inTime } from '../../db/unavailable.ts';
import type { Parts } from '../../wiring.ts';
import { printCounts, printDistribution, printDistributions } from './print-metrics.ts';

export type MetricsParts = Pick<
  Parts,
  'recorder' | 'sightings' | 'served' | 'snapshots' | 'metrics' | 'database' | 'jobs' | 'attention'
>;

export function openMetrics(parts: MetricsParts): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  addOwn(registry, parts.metrics);
  addWriteBehind(registry, parts);
  addDatabase(registry, parts);
  addWork(registry, parts);
  return registry;
}

function addOwn(registry: Registry, metrics: Parts['metrics']): void {
  const requests = { name: 'overair_http_request_duration_seconds', help: 'Requests by door, route and status' };
  printDistributions(registry, requests, metrics.requests);
  const rows = { name: 'overair_stats_commit_rows', help: 'Events and outcomes that shared a commit' };
  printDistribution(registry, rows, metrics.commitRows);
  const wait = {
    name: 'overair_stats_commit_wait_seconds',
    help: 'From when the events of a request came to their commit',
  };
  printDistribution(registry, wait, metrics.commitWait);
  for (const { of, ...facts } of COUNTS) printCounts(registry, facts, metrics[of]);
}

const COUNTS = [
  {
    of: 'decisions',
    name: 'overair_update_decisions_total',
    help: 'Answers of /updates: update, builtin, or the code of a refusal',
  },
  { of: 'outcomes', name: 'overair_outcomes_total', help: 'What was heard of devices about bundles' },
  { of: 'push', name: 'overair_push_attempts_total', help: 'Attempts to hand a message to a push service' },
  { of: 'webhooks', name: 'overair_webhook_attempts_total', help: 'Attempts to deliver a webhook' },
  { of: 'blobErrors', name: 'overair_blob_errors_total', help: 'Operations of the storage that failed' },
  {
    of: 'planMoves',
    name: 'overair_plan_moves_total',
    help: 'Steps that plans of releases took, and questions they asked',
  },
  {
    of: 'guardActions',
    name: 'overair_guard_actions_total',
    help: 'What the guard of releases, and the rule of a rollout, did',
  },
] as const;

function addWriteBehind(registry: Registry, { recorder, sightings, served }: MetricsParts): void {
  gauge(registry, 'overair_stats_waiting_rows', 'Events that wait for a commit', () => recorder.waitingRows);
  gauge(registry, 'overair_devices_pending', 'Devices that wait to be written', () => sightings.pendingDevices);
  new Counter({
    name: 'overair_held_back_total',
    help: "Requests of the stores' machines, and new devices beyond the cap, that were answered and not recorded",
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(served.heldBackTotals)) this.inc({ reason }, count);
    },
  });
}

function addDatabase(registry: Registry, { snapshots, database }: MetricsParts): void {
  gauge(
    registry,
    'overair_release_state_stale_seconds',
    'For how long the database has been away while devices are answered from memory',
    () => snapshots.staleMs / 1000,
  );
  gauge(registry, 'overair_changes_heard', '1: changes are heard of at once; 0: they are polled for', () =>
    snapshots.isHearing ? 1 : 0,
  );
  new Gauge({
    name: 'overair_database_connections',
    help: 'Connections to the database: in use, idle, and callers that wait for one',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      for (const [state, count] of Object.entries(database.connections())) this.set({ state }, count);
    },
  });
}

/** Read from the database, so every process says the same. While it does not answer they are left out. */
function addWork(registry: Registry, { jobs, attention }: MetricsParts): void {
  const oldest = new Gauge({
    name: 'overair_queue_oldest_due_seconds',
    help: 'For how long the oldest job of a queue has been due',
    labelNames: ['queue'],
    registers: [registry],
  });
  new Gauge({
    name: 'overair_queue_due_jobs',
    help: 'Jobs of a queue that are due and have not begun',
    labelNames: ['queue'],
    registers: [registry],
    async collect() {
      this.reset();
      oldest.reset();
      const backlogs = await orNothing(jobs.listBacklogs());
      if (backlogs === undefined) return;
      for (const queue of jobs.queues) {
        const backlog = backlogs.find((each) => each.queue === queue);
        this.set({ queue }, backlog?.due ?? 0);
        oldest.set({ queue }, backlog === undefined ? 0 : Math.max(0, (Date.now() - backlog.since.getTime()) / 1000));
      }
    },
  });
  new Gauge({
    name: 'overair_attention_matters',
    help: 'Matters under way that nobody has acknowledged',
    labelNames: ['kind'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const [kind, count] of (await orNothing(countOpen(attention.db))) ?? []) this.set({ kind }, count);
    },
  });
}

/** A scrape that waits longer is given up by its scraper. */
const ANSWER_WITHIN_MS = 2_000;

/** What the database does not tell in time is left out; the rest is worth having. */
const orNothing = <T>(asked: Promise<T>): Promise<T | undefined> =>
  inTime(asked, ANSWER_WITHIN_MS).catch(() => undefined);

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
