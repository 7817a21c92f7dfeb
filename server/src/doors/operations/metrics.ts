// What Prometheus scrapes: the process, and the queues between a device's request and the disk.

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Parts } from '../../wiring.ts';

export type MetricsParts = Pick<Parts, 'recorder' | 'sightings' | 'served' | 'snapshots'>;

export function openMetrics({ recorder, sightings, served, snapshots }: MetricsParts): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
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
  gauge(
    registry,
    'overair_release_state_stale_seconds',
    'For how long the database has been away while devices are answered from memory',
    () => snapshots.staleMs / 1000,
  );
  gauge(registry, 'overair_changes_heard', '1: changes are heard of at once; 0: they are polled for', () =>
    snapshots.isHearing ? 1 : 0,
  );
  return registry;
}

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
