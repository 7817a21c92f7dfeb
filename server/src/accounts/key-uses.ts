// Notes when each key was used last and from where. No call waits for that, and none fails of it.

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Caller } from './caller.ts';

/** A key that is used all the time is written once in this time. */
const GRAIN_MS = 60_000;
const MOST_KEPT = 10_000;

export class KeyUses {
  readonly #db: Db;
  /** When each key was noted. The oldest come first. */
  readonly #notedAtMs = new Map<number, number>();

  constructor(db: Db) {
    this.#db = db;
  }

  /** Of the presented key, and of the one that narrows it. */
  note({ keys, ip }: Caller): void {
    const now = Date.now();
    const due = keys.map(({ key_id }) => key_id).filter((id) => now - (this.#notedAtMs.get(id) ?? 0) >= GRAIN_MS);
    if (due.length === 0) return;
    for (const id of due) this.#keep(id, now);
    this.#db
      .updateTable('apikeys')
      .set({ last_used_at: sql<Date>`now()`, last_used_ip: ip })
      .where('id', 'in', due)
      .execute()
      // The database is away, or the server ends: the next use is noted.
      .catch(() => {
        for (const id of due) this.#notedAtMs.delete(id);
      });
  }

  #keep(id: number, now: number): void {
    this.#notedAtMs.delete(id);
    this.#notedAtMs.set(id, now);
    if (this.#notedAtMs.size > MOST_KEPT) this.#notedAtMs.delete(this.#notedAtMs.keys().next().value!);
  }
}
