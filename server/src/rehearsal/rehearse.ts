// Rehearses a change: who would be told to run something else, decided for every known device as /updates decides, and nothing
// stays of it. Source: docs/protocol/management.md §6.14.

import { lockApp } from '../accounts/apps.ts';
import type { Database, Db } from '../db/database.ts';
import { withoutTrace } from '../db/in-transaction.ts';
import { walkDeviceGroups } from '../devices/device-groups.ts';
import { firstCheckHour } from '../stats/first-check.ts';
import { loadStates } from '../updates/load-state.ts';
import type { AppState } from '../updates/release-state.ts';
import { DAY_MS, HOUR_MS } from '../utc-day.ts';
import { countBytes } from './bytes.ts';
import { review, type TouchedChannel } from './review.ts';
import { osVersionsOf, splitsOf } from './splits.ts';
import { Tally } from './tally.ts';

/** Not heard of for so long: it is counted, and counted apart. */
const DORMANT_AFTER_MS = 30 * DAY_MS;

export interface Rehearsed {
  touched: readonly TouchedChannel[];
  tally: ReturnType<Tally['result']>;
  bytes: Awaited<ReturnType<typeof countBytes>>;
  replay: ({ from: Date; to: Date } & ReturnType<Tally['result']>['replay']) | undefined;
}

interface Rehearsal {
  app_id: string;
  /** Throws what the change itself would. */
  change: (trx: Db) => Promise<unknown>;
  /** Says also when the checks on record of the last so many hours would have met the change. */
  replay_hours?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** One at a time: each may use a processor and a connection for seconds. */
export class Rehearsals {
  readonly #database: Database;
  #last: Promise<unknown> = Promise.resolve();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Throws what the change itself would throw. */
  rehearse(rehearsal: Rehearsal): Promise<Rehearsed> {
    const run = () => this.#rehearse(rehearsal);
    const turn = this.#last.then(run, run);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #rehearse({ app_id, change, replay_hours, signal }: Rehearsal): Promise<Rehearsed> {
    const { db } = this.#database;
    const { before, after, touched } = await withoutTrace(db, async (trx) => {
      await lockApp(trx, app_id);
      const before = await loadState(trx, app_id);
      const { touched } = await review(trx, app_id, change);
      return { before, touched, after: await loadState(trx, app_id) };
    });
    const tally = new Tally({ before, after, touched: new Set(touched.map(({ id }) => id)) });
    const nowMs = Date.now();
    const replayed =
      replay_hours === undefined ? undefined : { from: new Date(nowMs - replay_hours * HOUR_MS), to: new Date(nowMs) };
    const options = {
      app_id,
      splits: splitsOf(before, after),
      osVersions: osVersionsOf(before, after),
      dormantSince: new Date(nowMs - DORMANT_AFTER_MS),
      hourOf: replayed && ((device: Parameters<typeof firstCheckHour>[0]) => firstCheckHour(device, replayed.from)),
      signal,
    };
    await walkDeviceGroups(this.#database, options, (groups) => {
      for (const group of groups) tally.add(group);
    });
    const counted = tally.result();
    const bytes = await countBytes(db, after, counted.downloads);
    return { touched, tally: counted, bytes, replay: replayed && { ...replayed, ...counted.replay } };
  }
}

async function loadState(trx: Db, app_id: string): Promise<AppState> {
  const [state] = await loadStates(trx, [app_id]);
  if (state === undefined) throw new Error('The app is gone');
  return state;
}
