// The transports of a process, by name and by whom they reach.

import type { Platform } from '../platforms.ts';
import type { Transport } from './transport.ts';

export class Transports {
  readonly list: readonly Transport[];

  constructor(list: readonly Transport[]) {
    this.list = list;
  }

  find(name: string): Transport | undefined {
    return this.list.find((transport) => transport.name === name);
  }

  /** Throws for a name that no transport has. */
  get(name: string): Transport {
    const transport = this.find(name);
    if (!transport) throw new Error(`There is no push transport ${name}`);
    return transport;
  }

  reaching(platform: Platform): readonly Transport[] {
    return this.list.filter(({ platforms }) => platforms.includes(platform));
  }

  /** The usual way to a platform's devices; undefined when there is no way. */
  mainOf(platform: Platform): Transport | undefined {
    const reaching = this.reaching(platform);
    return reaching.find(({ platforms }) => platforms[0] === platform) ?? reaching[0];
  }

  async close(): Promise<void> {
    await Promise.all(this.list.map((transport) => transport.close?.()));
  }
}
