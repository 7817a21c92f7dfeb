// Devices that report events without pause, and remember which were acknowledged.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const CONNECTIONS = 8;
const LARGEST_BATCH = 20;
const GIVE_UP_AFTER_MS = 60_000;

interface Event {
  device_id: string;
  timestamp: number;
  [field: string]: unknown;
}

type Batch = readonly Event[];

const keysOf = (batch: Batch): string[] => batch.map(({ device_id, timestamp }) => `${device_id} ${timestamp}`);

export class Load {
  /** "device timestamp" of every event that a server said it has. */
  readonly acknowledged: string[] = [];
  readonly #app_id: string;
  readonly #startedMs = Date.now();
  #unacknowledged: Batch[] = [];
  #sent = 0;

  constructor(app_id: string) {
    this.#app_id = app_id;
  }

  newBatch(): Batch {
    const device_id = randomUUID();
    return Array.from({ length: 1 + (this.#sent % LARGEST_BATCH) }, () => ({
      app_id: this.#app_id,
      device_id,
      action: 'app_moved_to_foreground',
      platform: 'android',
      plugin_version: '8.51.14',
      version_build: '1.0.0',
      version_name: '1.0.0',
      version_os: '16',
      timestamp: this.#startedMs + this.#sent++,
    }));
  }

  /** Sends over several connections, calls `strike` in the middle, and ends when nobody answers any more. */
  async runUntil(url: string, count: number, strike: () => Promise<void>): Promise<void> {
    const target = this.acknowledged.length + count;
    let struck: Promise<void> | undefined;
    const worker = async () => {
      for (;;) {
        const batch = this.newBatch();
        if (!(await isAcknowledged(url, batch))) {
          this.#unacknowledged.push(batch);
          return;
        }
        this.acknowledged.push(...keysOf(batch));
        if (this.acknowledged.length >= target) struck ??= strike();
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));
    if (struck === undefined) throw new Error('the server stopped answering before it was struck');
    await struck;
  }

  /** As the plugin does after a failure: the same events once more, until they are taken. */
  async sendAgain(url: string): Promise<void> {
    const batches = this.#unacknowledged;
    this.#unacknowledged = [];
    // Twice: a repetition of what was acknowledged must not count either.
    for (const sender of [batches, batches]) await sendAll(url, sender);
    this.acknowledged.push(...batches.flatMap(keysOf));
  }
}

/** Sends each batch until it is taken. Returns how many were. */
export async function sendAll(url: string, batches: readonly Batch[]): Promise<number> {
  const deadline = Date.now() + GIVE_UP_AFTER_MS;
  for (const batch of batches) {
    while (!(await isAcknowledged(url, batch))) {
      if (Date.now() > deadline) throw new Error('the server does not take the events');
      await sleep(50);
    }
  }
  return batches.length;
}

/** False when the answer never came, or was no acknowledgement of every event. */
async function isAcknowledged(url: string, batch: Batch): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/stats`, { method: 'POST', body: JSON.stringify(batch) });
    if (!answer.ok) return false;
    const { results } = (await answer.json()) as { results: { status: string }[] };
    return results.length === batch.length && results.every(({ status }) => status === 'ok');
  } catch {
    return false;
  }
}
