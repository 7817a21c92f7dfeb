// Every minute: counts what devices reported about each release under way, and stops, takes back or tells when it is proven bad.

import { decideGuard, type GuardDecision } from '@overair/protocol/rollouts/guard';
import { lockApp } from '../accounts/apps.ts';
import type { Database, Db } from '../db/database.ts';
import type { JobQueue } from '../jobs/open.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { ChannelRow } from '../releases/channel-rows.ts';
import { findChannelById } from '../releases/channels.ts';
import { findRelease, type ReleaseRow } from '../releases/release-record.ts';
import type { WithheldRow } from '../releases/withheld.ts';
import { actOnRelease, settingsOf, stateOf } from './act-on-release.ts';
import { countDownloads, networkEvidenceOf } from './count-downloads.ts';
import { countTrials, forgetDevices } from './count-trials.ts';
import { listDue } from './due-releases.ts';
import { evidenceOf, findGuard, type GuardRow, lockGuard, makeGuard } from './guard-rows.ts';
import { holdRelease } from './hold-release.ts';
import { withholdPlaces } from './withhold-places.ts';

export interface GuardParts {
  readonly database: Database;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'guardActions'>;
}

export function releaseGuardQueues(parts: GuardParts): JobQueue[] {
  return [releaseGuardQueue(parts), forgetDevicesQueue(parts)];
}

function releaseGuardQueue(parts: GuardParts): JobQueue {
  return {
    name: 'release-guard',
    cron: '* * * * *',
    run: (_data, signal) => guardReleases(parts, new Date(), signal),
  };
}

/** What each device said is needed while words may change; the counts stay. */
function forgetDevicesQueue({ database }: GuardParts): JobQueue {
  return { name: 'release-guard-retention', cron: '35 0 * * *', run: () => forgetDevices(database.db) };
}

/** A release that cannot be judged keeps none of the others from it; the job fails after all were looked at. */
export async function guardReleases(parts: GuardParts, now: Date, signal?: AbortSignal): Promise<void> {
  const errors: unknown[] = [];
  for (const release of await listDue(parts.database.db, now)) {
    signal?.throwIfAborted();
    try {
      await guardRelease(parts, release, now, signal);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} releases could not be judged`);
}

export async function guardRelease(
  { database, log, metrics }: GuardParts,
  release: ReleaseRow,
  now: Date,
  signal?: AbortSignal,
): Promise<void> {
  const { decision, withheld } = await judgeRelease(database.db, release, now, signal);
  const { app_id, channel_name: channel, bundle_name: bundle } = release;
  for (const { scope, platform, version, failed, passed } of withheld) {
    metrics.guardActions.of('withhold').value++;
    const place = { scope, platform, version };
    log.warn({ app_id, channel, bundle, ...place }, `withheld: ${failed} of ${passed + failed} devices failed`);
  }
  if (decision === undefined) return;
  metrics.guardActions.of(decision.action).value++;
  log.warn({ app_id, channel, bundle, action: decision.action }, decision.reason);
}

type Deed = Exclude<GuardDecision, { action: 'none' }>;

interface Done {
  readonly decision: Deed | undefined;
  /** Where the bundle is offered to nobody from now on. */
  readonly withheld: readonly WithheldRow[];
}

/**
 * Evidence is counted in transactions of its own. The deed is one more: it asks again under the app's lock, so that of two workers one
 * acts, and whoever dies between the decision and the deed leaves it to the next run.
 */
async function judgeRelease(db: Db, release: ReleaseRow, now: Date, signal?: AbortSignal): Promise<Done> {
  if ((await findGuard(db, release.id)) === undefined) await makeGuard(db, release);
  await countTrials(db, release, now, signal);
  await countDownloads(db, release, now);
  const guard = await findGuard(db, release.id);
  const channel = await findChannelById(db, release.app_id, release.channel_id);
  if (guard === undefined || channel === undefined) return { decision: undefined, withheld: [] };
  const isClear = decide(guard, channel).action === 'none';
  const decision = isClear ? undefined : await db.transaction().execute((trx) => act(trx, release, now));
  const isEverywhere = decision?.action === 'stop' || decision?.action === 'take_back';
  return { decision, withheld: isEverywhere ? [] : await withholdPlaces(db, release, guard, channel) };
}

function decide(guard: GuardRow, channel: ChannelRow): GuardDecision {
  const known = { evidence: evidenceOf(guard), network: networkEvidenceOf(guard), tolerance: guard.tolerance };
  return decideGuard(known, settingsOf(channel), stateOf(guard));
}

async function act(trx: Db, { app_id, id }: ReleaseRow, now: Date): Promise<Deed | undefined> {
  const app = await lockApp(trx, app_id);
  const release = await findRelease(trx, app_id, id);
  const guard = await lockGuard(trx, id);
  if (app === undefined || guard === undefined || release === undefined || release.ended_at !== null) return undefined;
  const channel = await findChannelById(trx, app_id, release.channel_id);
  const decision = channel && decide(guard, channel);
  if (channel === undefined || decision === undefined || decision.action === 'none') return undefined;
  const { action, reason, e } = decision;
  if (action === 'hold') {
    await holdRelease(trx, app.owner_org, { channel, release, guard }, reason, now);
    return decision;
  }
  const acted = await actOnRelease(trx, app.owner_org, { channel, release, guard }, { action, reason, e }, now);
  return acted && { ...decision, action: acted };
}
