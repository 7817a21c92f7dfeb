// The record of releases: one row for each change of what a channel serves, written in the transaction of the change.

import type { Selectable } from 'kysely';
import type { Actor } from '../accounts/caller.ts';
import type { Db } from '../db/database.ts';
import { pageOffset } from '../db/page-offset.ts';
import type { ReleaseState, ReleasesTable } from '../db/tables/releases.ts';
import { PAGE_SIZE } from './bundles.ts';
import type { ChannelRow } from './channel-rows.ts';
import { releaseChange } from './release-change.ts';

export type ReleaseRow = Selectable<ReleasesTable>;

const STORE_BUNDLE = { id: null, name: 'builtin', comment: null, link: null, key_id: null };

/** Call with the app locked. `before` is undefined for a new channel. */
export async function noteRelease(
  trx: Db,
  actor: Actor,
  before: ChannelRow | undefined,
  channel: ChannelRow,
  deed: 'change' | 'take_back' = 'change',
): Promise<void> {
  const change = releaseChange(before, channel);
  if (change === undefined) return;
  if (change.kind === 'started') return startRelease(trx, actor, channel, change, deed);
  const current = await findUnderWay(trx, channel);
  if (current === undefined || current.bundle_id !== change.bundle) return;
  await setState(trx, current, change.kind === 'resumed' ? 'running' : change.kind);
}

async function startRelease(
  trx: Db,
  actor: Actor,
  channel: ChannelRow,
  { as, bundle, previous }: { as: 'plain' | 'rollout'; bundle: number | null; previous: number | null },
  deed: 'change' | 'take_back',
): Promise<void> {
  const current = await findUnderWay(trx, channel);
  // Who puts the bundle of before on the channel by its name takes back as well.
  const isUndone = as === 'plain' && current?.previous_bundle_id === bundle && current.bundle_id === previous;
  const isReturn = deed === 'take_back' || isUndone;
  if (current !== undefined) await setState(trx, current, endingOf(current, isReturn));
  const [to, from] = [await bundleFor(trx, channel.app_id, bundle), await bundleFor(trx, channel.app_id, previous)];
  await trx
    .insertInto('releases')
    .values({
      ...actor,
      app_id: channel.app_id,
      channel_id: channel.id,
      channel_name: channel.name,
      kind: isReturn ? 'rollback' : as,
      bundle_id: to.id,
      bundle_name: to.name,
      previous_bundle_id: from.id,
      previous_bundle_name: from.name,
      notes: to.comment,
      link: to.link,
      key_id: to.key_id,
    })
    .execute();
}

function endingOf(current: ReleaseRow, isReturn: boolean): ReleaseState {
  if (isReturn) return 'taken_back';
  return current.state === 'running' ? 'kept' : 'replaced';
}

async function setState(trx: Db, { app_id, id }: ReleaseRow, state: ReleaseState): Promise<void> {
  const isOver = state !== 'running' && state !== 'stopped';
  await trx
    .updateTable('releases')
    .set({ state, ended_at: isOver ? new Date() : null })
    .where('app_id', '=', app_id)
    .where('id', '=', id)
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

/** The release that a channel serves now, if it began since releases are recorded. */
function findUnderWay(db: Db, channel: { app_id: string; id: number }): Promise<ReleaseRow | undefined> {
  return db
    .selectFrom('releases')
    .selectAll()
    .where('app_id', '=', channel.app_id)
    .where('channel_id', '=', channel.id)
    .where('ended_at', 'is', null)
    .orderBy('id', 'desc')
    .executeTakeFirst();
}

export function findRelease(db: Db, app_id: string, id: number): Promise<ReleaseRow | undefined> {
  return db.selectFrom('releases').selectAll().where('app_id', '=', app_id).where('id', '=', id).executeTakeFirst();
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

/** The last releases of a channel that were kept, before this one. */
export function listKept(db: Db, release: ReleaseRow, limit: number): Promise<ReleaseRow[]> {
  return db
    .selectFrom('releases')
    .selectAll()
    .where('app_id', '=', release.app_id)
    .where('channel_id', '=', release.channel_id)
    .where('id', '<', release.id)
    .where('state', '=', 'kept')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/**
 * The bundle of the last release of the channel that was kept, other than `bundle_id`, still there, and not taken back since; null is
 * the bundle of the store. Undefined when the record goes no further back.
 */
export async function findKeptBundle(
  db: Db,
  channel: { app_id: string; id: number },
  bundle_id: number | null,
): Promise<{ id: number | null; name: string } | undefined> {
  const rows = await db
    .selectFrom('releases')
    .leftJoin('bundles', (join) =>
      join.onRef('bundles.id', '=', 'releases.bundle_id').onRef('bundles.app_id', '=', 'releases.app_id'),
    )
    .select(['releases.bundle_id', 'bundle_name', 'previous_bundle_id', 'state', 'bundles.deleted'])
    .where('releases.app_id', '=', channel.app_id)
    .where('channel_id', '=', channel.id)
    .orderBy('releases.id', 'desc')
    .limit(1000)
    .execute();
  const refused = new Set<number | null>();
  for (const row of rows) {
    if (row.state === 'taken_back' || row.state === 'stopped') refused.add(row.bundle_id);
    const isThere = row.bundle_id === null || row.deleted === false;
    const isKept = row.state === 'kept' || row.state === 'running';
    if (isKept && isThere && row.bundle_id !== bundle_id && !refused.has(row.bundle_id)) {
      return { id: row.bundle_id, name: row.bundle_name };
    }
  }
  const first = rows.at(-1);
  // Before its first release a channel left its devices with the bundle of the store.
  return first !== undefined && first.previous_bundle_id === null && bundle_id !== null
    ? { id: null, name: STORE_BUNDLE.name }
    : undefined;
}
