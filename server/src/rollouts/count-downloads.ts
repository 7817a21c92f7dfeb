// Feeds the evidence about downloads: those of a release beside those of other bundles of its app in the same ten minutes.

import {
  type ArmsOfPeriod,
  type NetworkEvidence,
  NO_NETWORK_EVIDENCE,
  observePeriod,
} from '@overair/protocol/rollouts/control-arm';
import type { Db } from '../db/database.ts';
import type { ReleaseRow } from '../releases/release-record.ts';
import { isEmpty, listDownloads } from '../stats/downloads.ts';
import { HOUR_MS } from '../utc-day.ts';
import { type GuardRow, lockGuard } from './guard-rows.ts';

/** Short enough that both arms see the same network, long enough that each has somebody. */
const PERIOD_MS = 10 * 60_000;
/** A word is counted at its own minute, whose transaction may commit later. */
const SETTLED_AFTER_MS = 2 * 60_000;
/** What is read at once: a server that was away for longer lost nothing that it could still compare. */
const MOST_PERIODS = 144;

export const networkEvidenceOf = ({ network_evidence }: Pick<GuardRow, 'network_evidence'>): NetworkEvidence =>
  network_evidence.length === NO_NETWORK_EVIDENCE.length ? network_evidence.map(Number) : NO_NETWORK_EVIDENCE;

/** Counts the periods that are over, each once, in the transaction that moves the mark. */
export async function countDownloads(db: Db, release: ReleaseRow, now: Date): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const guard = await lockGuard(trx, release.id);
    if (guard === undefined) return;
    const start = guard.network_read_until ?? floorTo(release.started_at, 60_000);
    const periods = Math.floor((now.getTime() - SETTLED_AFTER_MS - start.getTime()) / PERIOD_MS);
    if (periods < 1) return;
    const to = new Date(start.getTime() + periods * PERIOD_MS);
    const from = new Date(Math.max(start.getTime(), to.getTime() - MOST_PERIODS * PERIOD_MS));
    const arms = await listArms(trx, release, from, to);
    const network_evidence = arms.reduce(observePeriod, networkEvidenceOf(guard));
    await trx
      .updateTable('release_guards')
      .set({ network_read_until: to, network_evidence: [...network_evidence] })
      .where('release_id', '=', release.id)
      .execute();
  });
}

const floorTo = (moment: Date, grainMs: number): Date => new Date(Math.floor(moment.getTime() / grainMs) * grainMs);

/**
 * A plain release leaves nobody who installs another bundle: there the hour before it stands in, each of its devices for one period of
 * the first hour, so that none is counted twice.
 */
async function listArms(db: Db, release: ReleaseRow, from: Date, to: Date): Promise<ArmsOfPeriod[]> {
  const { app_id, channel_name: channel, bundle_name: bundle } = release;
  const query = { app_id, channel, bundle, periodMs: PERIOD_MS };
  const periods = await listDownloads(db, { ...query, from, to });
  const began = floorTo(release.started_at, 60_000);
  const end = new Date(began.getTime() + HOUR_MS);
  if (release.kind !== 'plain' || from >= end) return periods;
  const before = await listDownloads(db, { ...query, from: new Date(began.getTime() - HOUR_MS), to: began });
  const hourBefore = new Map(before.map(({ at, control }) => [at.getTime() + HOUR_MS, control]));
  return periods.map(({ at, ours, control }) => {
    const earlier = at < end ? hourBefore.get(at.getTime()) : undefined;
    return { ours, control: isEmpty(control) && earlier !== undefined ? earlier : control };
  });
}
