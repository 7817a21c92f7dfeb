// Withholds the bundle of a release where it fails: on single native builds or OS versions, before it is stopped everywhere.

import { devicesOf, logEvidence } from '@overair/protocol/rollouts/evidence';
import { isWithheldAt } from '@overair/protocol/rollouts/places';
import { lockApp } from '../accounts/apps.ts';
import { recordChange } from '../accounts/audit.ts';
import { systemActor } from '../accounts/caller.ts';
import type { Db } from '../db/database.ts';
import type { ChannelRow } from '../releases/channel-rows.ts';
import { findChannelById } from '../releases/channels.ts';
import { splitPlace } from '../releases/place.ts';
import { findRelease, type ReleaseRow } from '../releases/release-record.ts';
import { listWithheld, type WithheldRow, withholdBundle } from '../releases/withheld.ts';
import { type GuardRow, lockGuard } from './guard-rows.ts';
import { listFailingPlaces, type PlaceEvidence } from './place-evidence.ts';

/** Answers with what is withheld from now on. Of two workers one acts: it is asked again with the app locked. */
export async function withholdPlaces(
  db: Db,
  release: ReleaseRow,
  guard: GuardRow,
  channel: ChannelRow,
): Promise<WithheldRow[]> {
  // Who was stopped, or paused, is offered to nobody new anywhere.
  if (release.state !== 'running') return [];
  if ((await listNew(db, release, guard, channel)).length === 0) return [];
  return db.transaction().execute((trx) => withhold(trx, release));
}

const isOn = (guard: GuardRow, channel: ChannelRow): boolean =>
  channel.withhold_failing && channel.guard_action !== 'off' && guard.kept_at === null;

/** What was withheld once is not withheld again: somebody may have lifted it. */
async function listNew(db: Db, release: ReleaseRow, guard: GuardRow, channel: ChannelRow): Promise<PlaceEvidence[]> {
  if (!isOn(guard, channel) || guard.opening_failed + guard.starting_failed === 0) return [];
  const bad = (await listFailingPlaces(db, release.id)).filter((each) => isWithheldAt(each.evidence, guard.tolerance));
  if (bad.length === 0) return [];
  const known = await listWithheld(db, release.app_id, release.bundle_name);
  return bad.filter(
    ({ scope, place }) => !known.some((each) => each.scope === scope && `${each.platform} ${each.version}` === place),
  );
}

async function withhold(trx: Db, { app_id, id }: ReleaseRow): Promise<WithheldRow[]> {
  const app = await lockApp(trx, app_id);
  const release = await findRelease(trx, app_id, id);
  const guard = await lockGuard(trx, id);
  const channel = release && (await findChannelById(trx, app_id, release.channel_id));
  if (!app || !release || !guard || !channel || release.ended_at !== null || release.bundle_id === null) return [];
  const withheld: WithheldRow[] = [];
  for (const { scope, place, evidence } of await listNew(trx, release, guard, channel)) {
    const { failed, passed } = devicesOf(evidence);
    const row = await withholdBundle(trx, {
      ...{ app_id, bundle_id: release.bundle_id, bundle_name: release.bundle_name },
      ...{ release_id: release.id, channel_name: release.channel_name },
      ...{ scope, ...splitPlace(place), failed, passed },
      e: Math.min(Math.exp(logEvidence(evidence, guard.tolerance)), Number.MAX_VALUE),
    });
    if (row === undefined) continue;
    withheld.push(row);
    await recordChange(trx, systemActor, {
      org_id: app.owner_org,
      table_name: 'releases',
      record_id: release.id,
      before: { ...release, withheld: null },
      after: { ...release, withheld: row },
    });
  }
  return withheld;
}
