// When the devices that a change moves would have met it, by their checks on record.

import type { DeviceGroup } from '../devices/device-groups.ts';
import { CountedRows } from './counted-rows.ts';

/** From what devices run to what they are told to run. */
export interface Way {
  from: string;
  to: string;
}

export class Replay {
  readonly #hours = new Map<number, CountedRows<Way>>();
  #checked = 0;

  /** `way`: where the change sends them; undefined: nowhere else. */
  add(group: DeviceGroup, way: Way | undefined): void {
    if (group.hour === null) return;
    this.#checked += group.devices;
    if (way === undefined) return;
    const atMs = group.hour.getTime();
    const rows = this.#hours.get(atMs) ?? new CountedRows<Way>();
    this.#hours.set(atMs, rows);
    rows.add(way, group);
  }

  result() {
    const hours = [...this.#hours].sort(([a], [b]) => a - b);
    return {
      checked: this.#checked,
      hours: hours.map(([atMs, rows]) => ({ at: new Date(atMs), moves: rows.largest() })),
    };
  }
}
