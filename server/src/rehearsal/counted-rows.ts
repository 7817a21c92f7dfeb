// Rows of a list that is counted while devices go by: how many devices each stands for, with some of them as examples.

import type { DeviceGroup } from '../devices/device-groups.ts';

const EXAMPLES = 20;
/** Strangers can name bundles that never were: so many rows are kept apart, the others are counted alone. */
const MAX_KEPT = 10_000;
const MAX_TOLD = 1_000;

export interface Counted {
  devices: number;
  dormant: number;
  examples: string[];
}

export class CountedRows<Facts extends object> {
  readonly #rows = new Map<string, Facts & Counted>();
  #devices = 0;

  /** All that were added, those of rows that are not told included. */
  get devices(): number {
    return this.#devices;
  }

  /** `facts` tell rows apart. Undefined when there are too many rows to keep this one. */
  add(facts: Facts, { devices, is_dormant, examples }: DeviceGroup): (Facts & Counted) | undefined {
    this.#devices += devices;
    const row = this.#rowOf(facts);
    if (row === undefined) return undefined;
    row.devices += devices;
    if (is_dormant) row.dormant += devices;
    for (const id of examples) if (row.examples.length < EXAMPLES) row.examples.push(id);
    return row;
  }

  #rowOf(facts: Facts): (Facts & Counted) | undefined {
    const key = JSON.stringify(Object.values(facts));
    const found = this.#rows.get(key);
    if (found !== undefined || this.#rows.size >= MAX_KEPT) return found;
    const row = { ...facts, devices: 0, dormant: 0, examples: [] };
    this.#rows.set(key, row);
    return row;
  }

  /** Those with the most devices first. */
  largest(): (Facts & Counted)[] {
    return [...this.#rows.values()].sort((a, b) => b.devices - a.devices).slice(0, MAX_TOLD);
  }
}
