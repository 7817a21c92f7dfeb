// Every minute: looks at rollouts under way and stops, rolls back or reports the ones that fail too often.

import { lockApp } from '../accounts/apps.ts';
import { systemActor } from '../accounts/caller.ts';
import type { Database, Db } from '../db/database.ts';
import { isOfferedTo } from '../devices/sql.ts';
import type { JobQueue } from '../jobs/open.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { findBundle } from '../releases/bundles.ts';
import type { ChannelRow } from '../releases/channel-rows.ts';
import { type ChannelChange, writeChannel } from '../releases/channels.ts';
import { nextRolloutId } from '../releases/rollout-id.ts';
import { findSameRollout, listGuardedRollouts, noteRolloutCheck } from '../releases/rollouts.ts';
import { countStarts, reportedStart } from '../stats/bundle-starts.ts';
import { type GuardPolicy, judge, type Outcomes, type Verdict } from './guard.ts';

interface Parts {
  readonly database: Database;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'guardActions'>;
}

export function autoPauseQueue(parts: Parts): JobQueue {
  return {
    name: 'rollout-guard',
    cron: '* * * * *',
    run: (_data, signal) => guardRollouts(parts, new Date(), signal),
  };
}

/** Each channel in its own transaction. */
export async function guardRollouts({ database, log, metrics }: Parts, now: Date, signal?: AbortSignal): Promise<void> {
  for (const channel of await listGuardedRollouts(database.db)) {
    signal?.throwIfAborted();
    const { app_id, name } = channel;
    const verdict = await guardChannel(database.db, channel, now);
    if (!verdict?.triggered) continue;
    metrics.guardActions.of(`rollout_${channel.auto_pause_action}`).value++;
    log.warn({ app_id, channel: name, action: channel.auto_pause_action }, verdict.reason);
  }
}

/** Undefined when the rollout was changed by somebody else meanwhile. */
async function guardChannel(db: Db, channel: ChannelRow, now: Date): Promise<Verdict | undefined> {
  const outcomes = await countOutcomes(db, channel, now);
  const verdict = judge(policyOf(channel), outcomes, now.getTime());
  if (!verdict.triggered) {
    await noteRolloutCheck(db, channel, now);
    return verdict;
  }
  return db.transaction().execute(async (trx) => {
    await lockApp(trx, channel.app_id);
    const current = await findSameRollout(trx, channel);
    if (current === undefined) return undefined;
    await writeChannel(trx, systemActor, current, changeFor(channel, verdict.reason, now));
    return verdict;
  });
}

/** The rollout's bundle is there: `isRollingOut` asks for it, and one that is deleted meanwhile has no outcomes. */
async function countOutcomes(db: Db, channel: ChannelRow, now: Date): Promise<Outcomes> {
  const { app_id, name, rollout_version } = channel;
  const bundle = await findBundle(db, app_id, rollout_version ?? 0);
  if (bundle === undefined) return { installs: 0, failures: 0 };
  const since = new Date(now.getTime() - channel.auto_pause_window_minutes * 60_000);
  return countStarts(db, { app_id, channel: name, bundle_name: bundle.name, since }, isOfferedTo(reportedStart));
}

const policyOf = (channel: ChannelRow): GuardPolicy => ({
  enabled: channel.auto_pause_enabled,
  failureRateBps: channel.auto_pause_failure_rate_bps,
  confidence: channel.auto_pause_confidence,
  minAttempts: channel.auto_pause_min_attempts,
  minFailures: channel.auto_pause_min_failures,
  cooldownMinutes: channel.auto_pause_cooldown_minutes,
  lastTriggeredAtMs: channel.auto_pause_last_triggered_at?.getTime() ?? null,
});

function changeFor(channel: ChannelRow, reason: string, now: Date): ChannelChange {
  const triggered = { auto_pause_last_triggered_at: now, auto_pause_last_checked_at: now };
  const { auto_pause_action } = channel;
  if (auto_pause_action === 'notify') return { ...triggered, rollout_pause_reason: reason };
  if (auto_pause_action === 'pause') return { ...triggered, rollout_paused_at: now, rollout_pause_reason: reason };
  return {
    ...triggered,
    rollout_version: null,
    rollout_id: nextRolloutId(channel),
    rollout_enabled: false,
    rollout_percentage_bps: 0,
    rollout_paused_at: null,
    rollout_pause_reason: reason,
  };
}
