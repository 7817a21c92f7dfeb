// What the guard did, or sees coming, and nobody has answered yet.

import { devicesOf, logEvidence } from '@overair/protocol/rollouts/evidence';
import { sql } from 'kysely';
import type { AppIds } from '../accounts/apps.ts';
import type { Db } from '../db/database.ts';
import { listOpenPlanQuestions } from '../releases/release-plans.ts';
import type { ReleaseRow } from '../releases/release-record.ts';
import { findReleases, openReleaseIds, unansweredReleaseIds } from '../releases/unanswered.ts';
import { evidenceOf, findGuards, type GuardRow } from './guard-rows.ts';

/** The gate's odds turned around: at this E a bundle within its tolerance is suspected once in twenty. */
const SUSPECT_AT_E = 20;

interface GuardedRelease {
  readonly release: ReleaseRow;
  readonly guard: GuardRow;
}

/** Releases on which the guard acted, until somebody keeps them, takes them back or releases something else. Newest first. */
export async function listUnansweredActs(db: Db, apps: AppIds, limit: number): Promise<GuardedRelease[]> {
  const guards = await selectUnanswered(db, apps)
    .where('acted', 'is not', null)
    // What the guard only stopped is answered by whoever ends it: taking it back begins no release where the earlier one goes on.
    .where(sql<boolean>`(acted = 'take_back' or release_id in ${openReleaseIds(apps)})`)
    .orderBy('acted_at', 'desc')
    .limit(limit)
    .execute();
  return withReleases(db, guards);
}

/** Releases under way whose downloads fail more often than those of other bundles, and that nobody keeps. Newest first. */
export async function listHeld(db: Db, apps: AppIds, limit: number): Promise<GuardedRelease[]> {
  const guards = await selectUnanswered(db, apps)
    .where('held_at', 'is not', null)
    .where(sql<boolean>`release_id in ${openReleaseIds(apps)}`)
    .orderBy('held_at', 'desc')
    .limit(limit)
    .execute();
  return withReleases(db, guards);
}

interface Suspect extends GuardedRelease {
  readonly e: number;
  readonly devices: { readonly passed: number; readonly failed: number };
}

/** Releases under way that fail more often than is tolerated, and on which the guard has not acted. The strongest evidence first. */
export async function listSuspects(db: Db, apps: AppIds, limit: number): Promise<Suspect[]> {
  const failed = sql<number>`(opening_failed + starting_failed)`;
  const guards = await selectUnanswered(db, apps)
    .where('acted', 'is', null)
    .where(failed, '>', 0)
    .where(sql<boolean>`${failed} > tolerance * (${failed} + starting_passed)`)
    .execute();
  const suspects = (await withReleases(db, guards)).map(({ release, guard }) => {
    const evidence = evidenceOf(guard);
    const e = Math.min(Math.exp(logEvidence(evidence, guard.tolerance)), Number.MAX_VALUE);
    return { release, guard, e, devices: devicesOf(evidence) };
  });
  return suspects
    .filter(({ e }) => e >= SUSPECT_AT_E)
    .sort((a, b) => b.e - a.e)
    .slice(0, limit);
}

interface AskingPlan {
  readonly release: ReleaseRow;
  /** Reads on after the name of the plan. */
  readonly says: string;
  readonly since: Date;
}

/** Plans under way that ask a person, and those that stopped their release by themselves, until somebody answers. Newest first. */
export async function listPlansThatAsk(db: Db, apps: AppIds, limit: number): Promise<AskingPlan[]> {
  const plans = await listOpenPlanQuestions(db, apps, limit);
  const releases = await findReleases(
    db,
    plans.map(({ release_id }) => release_id),
  );
  const guards = await findGuards(db, [...releases.values()]);
  return plans.flatMap(({ release_id, question, reason, since }) => {
    const release = releases.get(release_id);
    // What the guard did is a matter of its own.
    if (release === undefined || guards.get(release_id)?.acted) return [];
    return [{ release, says: question === null ? `stopped it: ${reason}` : `asks: ${question}`, since }];
  });
}

const selectUnanswered = (db: Db, apps: AppIds) =>
  db
    .selectFrom('release_guards')
    .selectAll()
    .where('kept_at', 'is', null)
    .where(sql<boolean>`release_id in ${unansweredReleaseIds(apps)}`);

async function withReleases(db: Db, guards: readonly GuardRow[]): Promise<GuardedRelease[]> {
  const releases = await findReleases(
    db,
    guards.map(({ release_id }) => release_id),
  );
  return guards.flatMap((guard) => {
    const release = releases.get(guard.release_id);
    return release === undefined ? [] : [{ release, guard }];
  });
}
