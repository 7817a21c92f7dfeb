// The rollup rows that this process adds to: of its own, so that it waits for no other process's commit.

import { randomUUID } from 'node:crypto';
import type { Database } from './database.ts';

const RENEW_EVERY_MS = 30_000;
/** Of 16. Who finds them all taken shares slot 0: sums stay right, commits wait for each other. */
const SHARED_SLOT = 0;
/** Two processes may reach for one slot at once. */
const ATTEMPTS = 16;

const LEASE_SQL = `
with free as (
  select n as slot from generate_series(0, 15) n left join rollup_slots s on s.slot = n
  where s.slot is null or s.leased_until < now() or s.holder = $1::uuid
  order by s.holder = $1::uuid desc nulls last, n limit 1
)
insert into rollup_slots (slot, holder, leased_until)
select slot, $1::uuid, now() + interval '90 seconds' from free
on conflict (slot) do update set holder = excluded.holder, leased_until = excluded.leased_until
  where rollup_slots.leased_until < now() or rollup_slots.holder = excluded.holder
returning slot`;

export class RollupSlot {
  readonly #database: Database;
  readonly #holder = randomUUID();
  #timer: NodeJS.Timeout | undefined;
  /** 0 to 15. */
  current = SHARED_SLOT;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Takes a slot and keeps it until `release`. An embedded database has one process. */
  async lease(): Promise<void> {
    if (this.#database.engine === 'pglite') return;
    await this.#renew();
    // A slot that could not be renewed is used on: whoever takes it as well only shares it.
    this.#timer = setInterval(() => void this.#renew().catch(() => {}), RENEW_EVERY_MS).unref();
  }

  async release(): Promise<void> {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    await this.#database.query('delete from rollup_slots where holder = $1', [this.#holder]).catch(() => {});
  }

  async #renew(): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { rows } = await this.#database.query(LEASE_SQL, [this.#holder]);
      if (rows[0] === undefined) continue;
      this.current = rows[0]['slot'] as number;
      return;
    }
    this.current = SHARED_SLOT;
  }
}
