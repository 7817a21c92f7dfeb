// The evidence about a release place by place: devices of one native build, and of one OS version.

import type { DeviceWords } from '@overair/protocol/rollouts/device-trials';
import type { Evidence } from '@overair/protocol/rollouts/evidence';
import { FEWEST_FAILED_OF_PLACE, MOST_FAILED_OF_NETWORK } from '@overair/protocol/rollouts/places';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { PlaceScope } from '../releases/place.ts';

export interface DevicePlaces {
  readonly native: string | null;
  readonly os: string | null;
}

/** Counts passes by place; failures are counted device by device when they are judged, because of one network few count. */
export class PlacePasses {
  readonly #changes = new Map<
    string,
    { scope: PlaceScope; place: string; opening_passed: number; starting_passed: number }
  >();

  move({ native, os }: DevicePlaces, before: DeviceWords, after: DeviceWords): void {
    const gained = (word: 'opening' | 'starting') =>
      Number(after[word] === 'passed') - Number(before[word] === 'passed');
    const [opening, starting] = [gained('opening'), gained('starting')];
    if (opening === 0 && starting === 0) return;
    for (const [scope, place] of [
      ['native', native],
      ['os', os],
    ] as const) {
      if (place === null) continue;
      const key = `${scope} ${place}`;
      const sum = this.#changes.get(key) ?? { scope, place, opening_passed: 0, starting_passed: 0 };
      sum.opening_passed += opening;
      sum.starting_passed += starting;
      this.#changes.set(key, sum);
    }
  }

  async write(trx: Db, release_id: number): Promise<void> {
    if (this.#changes.size === 0) return;
    await sql`
      insert into release_places (release_id, scope, place, opening_passed, starting_passed)
      select ${release_id}, scope, place, opening_passed, starting_passed
      from json_to_recordset(${JSON.stringify([...this.#changes.values()])}::json)
        as row(scope text, place text, opening_passed bigint, starting_passed bigint)
      on conflict (release_id, scope, place) do update set
        opening_passed = release_places.opening_passed + excluded.opening_passed,
        starting_passed = release_places.starting_passed + excluded.starting_passed`.execute(trx);
  }
}

export interface PlaceEvidence {
  readonly scope: PlaceScope;
  readonly place: string;
  readonly evidence: Evidence;
}

/** Places on which several devices failed, of one network at most two. */
export async function listFailingPlaces(db: Db, release_id: number): Promise<PlaceEvidence[]> {
  const { rows } = await sql<{
    scope: PlaceScope;
    place: string;
    opening_failed: number;
    starting_failed: number;
    opening_passed: number;
    starting_passed: number;
  }>`
    with failed as (
      select device_id, coalesce(opening_failed, false) as opening_failed, native, os, coalesce(network, 0) as network
      from release_devices where release_id = ${release_id} and (opening_failed or starting_failed)
    ),
    placed as (
      select 'native' as scope, native as place, device_id, opening_failed, network from failed where native is not null
      union all
      select 'os', os, device_id, opening_failed, network from failed where os is not null
    ),
    ranked as (
      select *, row_number() over (partition by scope, place, network order by device_id) as rank from placed
    )
    select r.scope, r.place, (count(*) filter (where r.opening_failed))::float8 as opening_failed,
      (count(*) filter (where not r.opening_failed))::float8 as starting_failed,
      coalesce(min(p.opening_passed), 0)::float8 as opening_passed, coalesce(min(p.starting_passed), 0)::float8 as starting_passed
    from ranked r
    left join release_places p on p.release_id = ${release_id} and p.scope = r.scope and p.place = r.place
    where r.rank <= ${sql.lit(MOST_FAILED_OF_NETWORK)}
    group by r.scope, r.place having count(*) >= ${sql.lit(FEWEST_FAILED_OF_PLACE)} order by r.scope, r.place`.execute(
    db,
  );
  return rows.map(({ scope, place, ...row }) => ({
    scope,
    place,
    evidence: {
      opening: { passed: row.opening_passed, failed: row.opening_failed },
      starting: { passed: row.starting_passed, failed: row.starting_failed },
    },
  }));
}
