// Remembers which service accepted which credential, so that this process writes it once and not with every batch.

import { LRUCache } from 'lru-cache';
import type { Service } from './services.ts';

/** A service and the credential that it accepted, by the time of its last change. */
interface Proof extends Service {
  readonly version: number;
}

/** Names of browsers' services come from strangers: what is remembered of them must not grow without end. */
const MAX_ENTRIES = 10_000;

export class Proofs {
  readonly #noted = new LRUCache<string, true>({ max: MAX_ENTRIES });

  /** Runs `write` for the first acceptance, and for the first after a pause. */
  async note(proof: Proof, afterPause: boolean, write: () => Promise<void>): Promise<void> {
    const name = nameOf(proof);
    if (this.#noted.has(name) && !afterPause) return;
    await write();
    this.#noted.set(name, true);
  }
}

const nameOf = ({ app_id, channel, service, version }: Proof): string => `${app_id} ${channel} ${service} ${version}`;
