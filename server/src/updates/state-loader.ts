// Reads the release states of apps that are asked for at the same time together: after a start that may be all there are.

import type { Database } from '../db/database.ts';
import { loadStates } from './load-state.ts';
import type { AppState } from './release-state.ts';

/** Measured on PGlite: one app alone takes 2 ms, a hundred together 7 ms. */
const MAX_BATCH = 100;

export class StateLoader {
  readonly #database: Database;
  #waiting = new Map<string, PromiseWithResolvers<AppState | undefined>>();
  #reading = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** What is committed when this is called, or later. Undefined: no such app. */
  load(app_id: string): Promise<AppState | undefined> {
    this.#database.assertNoConnectionHeld();
    let waiting = this.#waiting.get(app_id);
    if (waiting === undefined) {
      waiting = Promise.withResolvers();
      this.#waiting.set(app_id, waiting);
    }
    if (!this.#reading) void this.#readAll();
    return waiting.promise;
  }

  async #readAll(): Promise<void> {
    this.#reading = true;
    // Requests of the same turn of the event loop join the first batch; later ones gather while it is read.
    await new Promise(setImmediate);
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting].slice(0, MAX_BATCH);
      for (const [app_id] of batch) this.#waiting.delete(app_id);
      await this.#read(batch);
    }
    this.#reading = false;
  }

  async #read(batch: [app_id: string, PromiseWithResolvers<AppState | undefined>][]): Promise<void> {
    try {
      const app_ids = batch.map(([app_id]) => app_id);
      const states = new Map((await loadStates(this.#database.db, app_ids)).map((state) => [state.app_id, state]));
      for (const [app_id, { resolve }] of batch) resolve(states.get(app_id));
    } catch (error) {
      for (const [, { reject }] of batch) reject(error);
    }
  }
}
