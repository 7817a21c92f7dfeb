// Every minute: counts what devices reported about each release under way, and stops, takes back or tells when it is proven bad.

import { NO_NETWORK_EVIDENCE } from '@overair/protocol/rollouts/control-arm';
import { decideGuard, defaultGuard, type GuardAction, type GuardDecision } from '@overair/protocol/rollouts/guard';
import { lockApp } from '../accounts/apps.ts';
import { recordChange } from '../accounts/audit.ts';
import { systemActor } from '../accounts/caller.ts';
import type { Database, Db } from '../db/database.ts';
import type { JobQueue } from '../jobs/open.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { ChannelRow } from '../releases/channel-rows.ts';
import { findChannelById } from '../releases/channels.ts';
import { findGuardDeed } from '../releases/release-deeds.ts';
import { findRelease, type ReleaseRow } from '../releases/release-record.ts';
import { countTrials, forgetDevices } from './count-trials.ts';
import { listDue } from './due-releases.ts';
import { evidenceOf, findGuard, type GuardRow, lockGuard, makeGuard } from './guard-rows.ts';

interface Parts {
  readonly database: Database;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'guardActions'>;
}

export function releaseGuardQueues(parts: Parts): JobQueue[] {
  return [releaseGuardQueue(parts), forgetDevicesQueue(parts)];
}

function releaseGuardQueue(parts: Parts): JobQueue {
  return {
    name: 'release-guard',
    cron: '* * * * *',
    run: (_data, signal) => guardReleases(parts, new Date(), signal),
  };
}

/** What each device said is needed while words may change; the counts stay. */
function forgetDevicesQueue({ database }: Parts): JobQueue {
  return { name: 'release-guard-retention', cron: '35 0 * * *', run: () => forgetDevices(database.db) };
}

/** A release that cannot be judged keeps none of the others from it; the job fails after all were looked at. */
export async function guardReleases({ database, log, metrics }: Parts, now: Date, signal?: AbortSignal): Promise<void> {
  const errors: unknown[] = [];
  for (const release of await listDue(database.db, now)) {
    signal?.throwIfAborted();
    try {
      const decision = await guardRelease(database.db, release, now, signal);
      if (decision !== undefined) {
        const { app_id, channel_name: channel, bundle_name: bundle } = release;
        metrics.guardActions.of(decision.action).value++;
        log.warn({ app_id, channel, bundle, action: decision.action }, decision.reason);
      }
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} releases could not be judged`);
}

type Deed = Exclude<GuardDecision, { action: 'none' }>;

/**
 * Evidence is counted in transactions of its own. The deed is one more: it asks again under the app's lock, so that of two workers one
 * acts, and whoever dies between the decision and the deed leaves it to the next run.
 */
async function guardRelease(db: Db, release: ReleaseRow, now: Date, signal?: AbortSignal): Promise<Deed | undefined> {
  if ((await findGuard(db, release.id)) === undefined) await makeGuard(db, release);
  await countTrials(db, release, now, signal);
  const guard = await findGuard(db, release.id);
  const channel = await findChannelById(db, release.app_id, release.channel_id);
  if (guard === undefined || channel === undefined || decide(guard, channel).action === 'none') return undefined;
  return db.transaction().execute((trx) => act(trx, release, now));
}

function decide(guard: GuardRow, { guard_action }: Pick<ChannelRow, 'guard_action'>): GuardDecision {
  const known = { evidence: evidenceOf(guard), network: NO_NETWORK_EVIDENCE, tolerance: guard.tolerance };
  const settings =
    guard_action === 'off' ? { ...defaultGuard, isOn: false } : { ...defaultGuard, action: guard_action };
  return decideGuard(known, settings, { acted: guard.acted, isHeld: false, isKept: guard.kept_at !== null });
}

async function act(trx: Db, { app_id, id }: ReleaseRow, now: Date): Promise<Deed | undefined> {
  const app = await lockApp(trx, app_id);
  const release = await findRelease(trx, app_id, id);
  const guard = await lockGuard(trx, id);
  if (app === undefined || guard === undefined || release === undefined || release.ended_at !== null) return undefined;
  const channel = await findChannelById(trx, app_id, release.channel_id);
  const decision = channel && decide(guard, channel);
  if (channel === undefined || decision === undefined || decision.action === 'none' || decision.action === 'hold')
    return undefined;
  const acted = await carryOut(trx, channel, release, decision.action, decision.reason);
  if (acted === undefined) return undefined;
  const told = { acted, acted_at: now, reason: decision.reason, e: decision.e };
  await trx.updateTable('release_guards').set(told).where('release_id', '=', id).execute();
  await recordChange(trx, systemActor, {
    org_id: app.owner_org,
    table_name: 'releases',
    record_id: id,
    before: { ...release, guard },
    after: { ...release, guard: { ...guard, ...told } },
  });
  return { ...decision, action: acted };
}

/** Answers with what was done; undefined: there is nothing to do. */
async function carryOut(
  trx: Db,
  channel: ChannelRow,
  release: ReleaseRow,
  action: GuardAction,
  reason: string,
): Promise<GuardAction | undefined> {
  if (action === 'tell' || release.bundle_id === null) return 'tell';
  const deed = await findGuardDeed(trx, channel, release.bundle_id, action);
  await deed?.carryOut(systemActor, reason);
  return deed?.did;
}
