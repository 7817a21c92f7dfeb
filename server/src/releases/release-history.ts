// What /updates decided by at a moment of the past. Triggers write it with every change (0025-history-and-places.sql).

import type { ChannelSettings } from '@overair/protocol/manage/channel-settings';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { inBatches } from '../db/in-batches.ts';
import type { DecidingSettings } from '../db/settings.ts';

const ROWS_AT_ONCE = 1_000;

interface BundleFacts {
  readonly id: number;
  readonly name: string;
  readonly is_encrypted: boolean;
  readonly key_id: string | null;
  readonly external_url: string | null;
  readonly object_sha256: string | null;
  readonly min_update_version: string | null;
  readonly has_manifest: boolean;
  readonly deleted: boolean;
}

export interface ChannelFacts extends DecidingSettings<ChannelSettings> {
  readonly id: number;
  readonly name: string;
  readonly version: number | null;
  readonly rollout_version: number | null;
  readonly rollout_id: string;
  readonly rollout_enabled: boolean;
  readonly rollout_paused_at: string | null;
  readonly rollout_percentage_bps: number;
  readonly stopped: readonly string[];
  readonly bundles: readonly BundleFacts[];
}

export interface ReleaseFacts {
  readonly former_defaults: readonly { name: string; platform: 'ios' | 'android' | 'electron' }[];
  readonly channels: readonly ChannelFacts[];
  /** The id of the channel that the device was forced onto. */
  readonly override: number | undefined;
  /** Names of all bundles that had been uploaded. */
  readonly names: readonly { name: string; deleted: boolean }[];
}

interface Moment {
  readonly app_id: string;
  readonly device_id: string;
  /** The first moment that does not count. */
  readonly before: Date;
}

/** Undefined: nothing is on record from so long ago. */
export async function findReleaseFacts(
  db: Db,
  { app_id, device_id, before }: Moment,
): Promise<ReleaseFacts | undefined> {
  const { rows } = await sql<{ kind: string; facts: unknown }>`
    select kind, facts from (
      select distinct on (kind, key) kind, key, facts from release_history
      where app_id = ${app_id} and at < ${before}
        and (kind in ('app', 'channel') or kind = 'override' and key = ${device_id})
      order by kind, key, at desc, id desc) last
    where facts is not null`.execute(db);
  const of = (kind: string) => rows.filter((row) => row.kind === kind).map(({ facts }) => facts);
  const [app] = of('app') as Pick<ReleaseFacts, 'former_defaults'>[];
  if (app === undefined) return undefined;
  return {
    former_defaults: app.former_defaults,
    channels: of('channel') as ChannelFacts[],
    override: of('override')[0] as number | undefined,
    names: await listNames(db, app_id, before),
  };
}

const listNames = (db: Db, app_id: string, before: Date) =>
  db
    .selectFrom('bundles')
    .select('name')
    .select(sql<boolean>`deleted and coalesce(deleted_at < ${before}, true)`.as('deleted'))
    .where('app_id', '=', app_id)
    .where('created_at', '<', before)
    .execute();

/** From when on the record of an app reaches; undefined: there is no such app. */
export async function findFirstMoment(db: Db, app_id: string): Promise<Date | undefined> {
  const row = await db
    .selectFrom('release_history')
    .select('at')
    .where('app_id', '=', app_id)
    .where('kind', '=', 'app')
    .orderBy('at')
    .limit(1)
    .executeTakeFirst();
  return row?.at;
}

/** Of what was before a moment only that stays which held at it. Returns how many rows went. */
export function forgetHistory(db: Db, before: Date, signal?: AbortSignal): Promise<number> {
  return inBatches(
    ROWS_AT_ONCE,
    async () => {
      const { numAffectedRows } = await sql`
        delete from release_history where id = any(array(
          select h.id from release_history h
          where h.at < ${before} and (h.facts is null or exists (
            select from release_history l
            where l.app_id = h.app_id and l.kind = h.kind and l.key = h.key and (l.at, l.id) > (h.at, h.id) and l.at < ${before}))
          limit ${ROWS_AT_ONCE}))`.execute(db);
      return Number(numAffectedRows ?? 0);
    },
    signal,
  );
}
