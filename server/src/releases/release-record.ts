// The record of releases: one row for each change of what a channel serves, written in the transaction of the change.

import { type Selectable, sql } from 'kysely';
import type { Actor } from '../accounts/caller.ts';
import type { Db } from '../db/database.ts';
import { pageOffset } from '../db/page-offset.ts';
import type { ReleasesTable } from '../db/tables/releases.ts';
import { PAGE_SIZE } from './bundles.ts';
import type { ChannelRow } from './channel-rows.ts';
import {
  bundlesToReturnTo,
  type Deed,
  isJudged,
  isOver,
  type Release,
  type ReleaseHistory,
  type Step,
  stepsOf,
  stepsOfDeletion,
} from './release-life.ts';
import { servingOf } from './serving.ts';

export type ReleaseRow = Selectable<ReleasesTable>;

interface OfChannel {
  readonly app_id: string;
  readonly id: number;
}

const STORE_BUNDLE = { id: null, name: 'builtin', comment: null, link: null, key_id: null };

/** Older releases are not returned to. */
const LONGEST_HISTORY = 1000;

/** Call with the app locked. `before` is undefined for a new channel. */
export async function noteRelease(
  trx: Db,
  actor: Actor,
  before: ChannelRow | undefined,
  channel: ChannelRow,
  deed?: Deed,
): Promise<void> {
  const after = servingOf(channel);
  const was = before && servingOf(before);
  const isSame = was?.stable === after.stable && was.target === after.target && was.isPaused === after.isPaused;
  if (isSame && deed === undefined) return;
  const history = await readHistory(trx, channel);
  for (const step of stepsOf(history, was, after, deed)) await takeStep(trx, actor, channel, step);
}

/** Call with the app locked, and before the channel goes. */
export async function endReleases(trx: Db, actor: Actor, channel: ChannelRow): Promise<void> {
  for (const step of stepsOfDeletion(await readHistory(trx, channel))) await takeStep(trx, actor, channel, step);
}

async function takeStep(trx: Db, actor: Actor, channel: ChannelRow, step: Step): Promise<void> {
  if (step.step === 'open') return openRelease(trx, actor, channel, step.release);
  const { release, state, isPromoted } = step;
  await trx
    .updateTable('releases')
    .set({
      state,
      // A release that had ended before it was taken back keeps the time of its end.
      ended_at: isOver(state) ? sql<Date>`coalesce(ended_at, clock_timestamp())` : null,
      ...(isPromoted && { promoted_at: sql<Date>`coalesce(promoted_at, clock_timestamp())` }),
    })
    .where('app_id', '=', channel.app_id)
    .where('id', '=', release)
    .execute();
}

async function openRelease(
  trx: Db,
  actor: Actor,
  { app_id, id, name }: ChannelRow,
  { kind, bundle, previous, state }: Pick<Release, 'kind' | 'bundle' | 'previous' | 'state'>,
): Promise<void> {
  const [to, from] = [await bundleFor(trx, app_id, bundle), await bundleFor(trx, app_id, previous)];
  await trx
    .insertInto('releases')
    .values({
      ...actor,
      app_id,
      channel_id: id,
      channel_name: name,
      kind,
      bundle_id: to.id,
      bundle_name: to.name,
      previous_bundle_id: from.id,
      previous_bundle_name: from.name,
      state,
      is_judged: isJudged({ kind }),
      promoted_at: kind === 'rollout' ? null : sql<Date>`clock_timestamp()`,
      notes: to.comment,
      link: to.link,
      key_id: to.key_id,
    })
    .execute();
}

async function bundleFor(trx: Db, app_id: string, id: number | null) {
  if (id === null) return STORE_BUNDLE;
  const columns = ['id', 'name', 'comment', 'link', 'key_id'] as const;
  return trx
    .selectFrom('bundles')
    .select(columns)
    .where('app_id', '=', app_id)
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
}

/** Newest first; what is under way stands in it however old it is. */
export async function readHistory(db: Db, channel: OfChannel): Promise<ReleaseHistory> {
  const rows = await selectHistory(db, channel.app_id)
    .where('channel_id', '=', channel.id)
    .orderBy(sql`ended_at is null`, 'desc')
    .orderBy('releases.id', 'desc')
    .limit(LONGEST_HISTORY)
    .execute();
  return rows.map(releaseOf).sort((a, b) => b.id - a.id);
}

const selectHistory = (db: Db, app_id: string) =>
  db
    .selectFrom('releases')
    .leftJoin('bundles', (join) =>
      join.onRef('bundles.id', '=', 'releases.bundle_id').onRef('bundles.app_id', '=', 'releases.app_id'),
    )
    .select(['releases.id', 'channel_id', 'kind', 'bundle_id', 'previous_bundle_id', 'state'])
    .select(['promoted_at', 'proven_bad_at', 'bundles.deleted'])
    .where('releases.app_id', '=', app_id);

type HistoryRow = Awaited<ReturnType<ReturnType<typeof selectHistory>['execute']>>[number];

const releaseOf = (row: HistoryRow): Release => ({
  id: row.id,
  kind: row.kind,
  bundle: row.bundle_id,
  previous: row.previous_bundle_id,
  state: row.state,
  isPromoted: row.promoted_at !== null,
  isProvenBad: row.proven_bad_at !== null,
  isBundleThere: row.bundle_id === null || row.deleted === false,
});

/** The bundles that channels of the app may return to, or go on with. */
export async function listBundlesToReturnTo(trx: Db, app_id: string): Promise<number[]> {
  const rows = await selectHistory(trx, app_id).orderBy('releases.id', 'desc').execute();
  const channels = await trx.selectFrom('channels').select(['id', 'version']).where('app_id', '=', app_id).execute();
  const ofChannel = Map.groupBy(rows, ({ channel_id }) => channel_id);
  return channels.flatMap(({ id, version }) => bundlesToReturnTo((ofChannel.get(id) ?? []).map(releaseOf), version));
}

/** `at`: when the evidence was complete, or a person stopped it; null: a person keeps it. What was noted first stays. */
export async function noteProvenBad(trx: Db, { app_id, id }: ReleaseRow, at: Date | null): Promise<void> {
  const query = trx
    .updateTable('releases')
    .set({ proven_bad_at: at })
    .where('app_id', '=', app_id)
    .where('id', '=', id);
  await (at === null ? query : query.where('proven_bad_at', 'is', null)).execute();
}

export function findRelease(db: Db, app_id: string, id: number): Promise<ReleaseRow | undefined> {
  return db.selectFrom('releases').selectAll().where('app_id', '=', app_id).where('id', '=', id).executeTakeFirst();
}

/** Of the bundle on the channel. */
export function findReleaseUnderWay(
  db: Db,
  { app_id, id }: OfChannel,
  bundle_id: number,
): Promise<ReleaseRow | undefined> {
  return db
    .selectFrom('releases')
    .selectAll()
    .where('app_id', '=', app_id)
    .where('channel_id', '=', id)
    .where('bundle_id', '=', bundle_id)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
}

/** Of the bundle that a channel began to serve last. */
export function findNewestUnderWay(db: Db, { app_id, id }: OfChannel): Promise<ReleaseRow | undefined> {
  return db
    .selectFrom('releases')
    .selectAll()
    .where('app_id', '=', app_id)
    .where('channel_id', '=', id)
    .where('ended_at', 'is', null)
    .where('state', '=', 'running')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** For the server itself, which looks after the releases of all apps. */
export function findReleaseById(db: Db, id: number): Promise<ReleaseRow | undefined> {
  return db.selectFrom('releases').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Newest first. */
export function listReleases(db: Db, app_id: string, channels: readonly number[] | 'all', page: number) {
  const query = db.selectFrom('releases').selectAll().where('app_id', '=', app_id);
  return (channels === 'all' ? query : query.where('channel_id', 'in', channels.length > 0 ? channels : [0]))
    .orderBy('id', 'desc')
    .limit(PAGE_SIZE)
    .offset(pageOffset(page, PAGE_SIZE))
    .execute();
}

/** The last releases of a channel before this one that were kept, and the one that still serves everybody beside it. */
export function listKept(db: Db, release: ReleaseRow, limit: number): Promise<ReleaseRow[]> {
  return db
    .selectFrom('releases')
    .selectAll()
    .where('app_id', '=', release.app_id)
    .where('channel_id', '=', release.channel_id)
    .where('id', '<', release.id)
    .where((eb) =>
      eb.or([
        eb('state', '=', 'kept'),
        eb.and([eb('state', '=', 'running'), eb('promoted_at', 'is not', null), eb('proven_bad_at', 'is', null)]),
      ]),
    )
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}
