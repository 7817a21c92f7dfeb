// How many devices an audience has.

import type { Db } from '../../db/database.ts';
import { reachable, type Selection, type Where } from './targets.ts';

/** Bounds the time of an answer: nobody decides otherwise because of what is beyond. */
const COUNTED = 100_000;

/** How many will be reached: reads the whole audience, so it is for workers, not for answers. */
export async function countTargets(db: Db, selection: Selection): Promise<number> {
  const { total } = await targets(db, selection)
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return Number(total);
}

export interface Reached {
  readonly devices: number;
  /** There are more than `devices`. */
  readonly is_more: boolean;
  readonly platforms: Readonly<Record<string, number>>;
}

/** The same by platform, for an answer: it counts no further than to a bound. */
export async function countReached(db: Db, selection: Selection): Promise<Reached> {
  const rows = await db
    .selectFrom(
      targets(db, selection)
        .select('d.platform')
        .limit(COUNTED + 1)
        .as('found'),
    )
    .select(['found.platform', (eb) => eb.fn.countAll<number>().as('count')])
    .groupBy('found.platform')
    .orderBy('found.platform')
    .execute();
  const devices = rows.reduce((sum, { count }) => sum + Number(count), 0);
  return {
    devices: Math.min(devices, COUNTED),
    is_more: devices > COUNTED,
    platforms: Object.fromEntries(rows.map(({ platform, count }) => [platform, Number(count)])),
  };
}

const targets = (db: Db, selection: Selection) =>
  db
    .selectFrom('push_devices as d')
    .where('d.app_id', '=', selection.app_id)
    .where((eb) => reachable(eb as unknown as Where, selection));
