// What Prometheus scrapes: the process, and the queues between a device's request and the disk.

import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Parts } from '../../wiring.ts';

export function openMetrics({ recorder, sightings }: Parts): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  gauge(registry, 'overair_stats_waiting_rows', 'Events that wait for a commit', () => recorder.waitingRows);
  gauge(registry, 'overair_devices_pending', 'Devices that wait to be written', () => sightings.pendingDevices);
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
