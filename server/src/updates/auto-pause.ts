// Every minute: looks at rollouts under way and stops, rolls back or reports the ones that fail too often.

import { randomUUID } from 'node:crypto';
import { bundleFailures } from '@overair/protocol/device/actions';
import type { ExpressionBuilder } from 'kysely';
import { systemActor } from '../accounts/caller.ts';
import type { Database, Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import type { StatsEventsTable } from '../db/tables/stats.ts';
import type { JobQueue } from '../jobs/open.ts';
import type { Log } from '../log.ts';
import { lockApp } from '../releases/apps.ts';
import { type ChannelRow, channelColumns } from '../releases/channel-rows.ts';
import { type ChannelChange, writeChannel } from '../releases/channels.ts';
import { isRollingOut } from '../releases/sql.ts';
import { utcDay } from '../utc-day.ts';
import { type GuardPolicy, judge, type Outcomes, type Verdict } from './guard.ts';

export function autoPauseQueue(parts: { database: Database; log: Log }): JobQueue {
  return {
    name: 'rollout-guard',
    cron: '* * * * *',
    run: (_data, signal) => guardRollouts(parts, new Date(), signal),
  };
}

/** Each channel in its own transaction. */
export async function guardRollouts(
  { database, log }: { database: Database; log: Log },
  now: Date,
  signal?: AbortSignal,
): Promise<void> {
  for (const channel of await listGuarded(database.db)) {
    signal?.throwIfAborted();
    const { app_id, name } = channel;
    const verdict = await guardChannel(database.db, channel, now);
    if (verdict?.triggered) log.warn({ app_id, channel: name, action: channel.auto_pause_action }, verdict.reason);
  }
}

function listGuarded(db: Db): Promise<ChannelRow[]> {
  return db
    .selectFrom('channels as c')
    .select(channelColumns)
    .where('auto_pause_enabled', '=', true)
    .where(isRollingOut)
    .orderBy('id')
    .execute();
}

/** Undefined when the rollout was changed by somebody else meanwhile. */
async function guardChannel(db: Db, channel: ChannelRow, now: Date): Promise<Verdict | undefined> {
  const outcomes = await countOutcomes(db, channel, now);
  const verdict = judge(policyOf(channel), outcomes, now.getTime());
  if (!verdict.triggered) {
    await noteCheck(db, channel, now);
    return verdict;
  }
  return db.transaction().execute(async (trx) => {
    await lockApp(trx, channel.app_id);
    const current = await findUnchanged(trx, channel);
    if (current === undefined) return undefined;
    await writeChannel(trx, systemActor, current, changeFor(channel, verdict.reason, now));
    return verdict;
  });
}

/**
 * Devices, not events: one bad download makes two or three failures, and a device that tries again is still one device.
 * Emulators and development builds prove nothing, and neither do devices that this server never offered the bundle:
 * whoever knows the app's id can invent them. Network and disk are no fault of the bundle (docs/protocol/device.md §10.4).
 */
async function countOutcomes(db: Db, channel: ChannelRow, now: Date): Promise<Outcomes> {
  const since = new Date(now.getTime() - channel.auto_pause_window_minutes * 60_000);
  const row = await db
    .selectFrom('stats_events as event')
    .innerJoin('bundles', 'bundles.name', 'event.bundle_name')
    .select(({ fn }) => [
      fn.count('event.device_id').distinct().filterWhere('event.action', '=', 'set').as('installs'),
      fn.count('event.device_id').distinct().filterWhere('event.action', '<>', 'set').as('failures'),
    ])
    .where('event.app_id', '=', channel.app_id)
    .where('bundles.app_id', '=', channel.app_id)
    .where('bundles.id', '=', channel.rollout_version)
    .where('event.channel', '=', channel.name)
    .where('event.is_prod', '=', true)
    .where('event.is_emulator', '=', false)
    .where('event.occurred_at', '>', since)
    // A device's clock may run ahead; a partition of last week cannot hold an event of this window.
    .where('event.day', '>=', utcDay(since))
    .where('event.action', 'in', ['set', ...bundleFailures])
    // An offer may be written a moment after the event that it led to.
    .where((eb) => eb.or([eb('event.was_offered', '=', true), eb.exists(offerToDevice(eb))]))
    .executeTakeFirstOrThrow();
  return { installs: Number(row.installs), failures: Number(row.failures) };
}

const offerToDevice = (eb: ExpressionBuilder<Schema & { event: StatsEventsTable }, 'event' | 'bundles'>) =>
  eb
    .selectFrom('devices')
    .whereRef('devices.app_id', '=', 'event.app_id')
    .whereRef('devices.device_id', '=', 'event.device_id')
    .whereRef('devices.offered_version', '=', 'event.bundle_name');

const policyOf = (channel: ChannelRow): GuardPolicy => ({
  enabled: channel.auto_pause_enabled,
  failureRateBps: channel.auto_pause_failure_rate_bps,
  confidence: channel.auto_pause_confidence,
  minAttempts: channel.auto_pause_min_attempts,
  minFailures: channel.auto_pause_min_failures,
  cooldownMinutes: channel.auto_pause_cooldown_minutes,
  lastTriggeredAtMs: channel.auto_pause_last_triggered_at?.getTime() ?? null,
});

function changeFor({ auto_pause_action }: ChannelRow, reason: string, now: Date): ChannelChange {
  const triggered = { auto_pause_last_triggered_at: now, auto_pause_last_checked_at: now };
  if (auto_pause_action === 'notify') return { ...triggered, rollout_pause_reason: reason };
  if (auto_pause_action === 'pause') return { ...triggered, rollout_paused_at: now, rollout_pause_reason: reason };
  return {
    ...triggered,
    rollout_version: null,
    rollout_id: randomUUID(),
    rollout_enabled: false,
    rollout_percentage_bps: 0,
    rollout_paused_at: null,
    rollout_pause_reason: reason,
  };
}

/** The row as it is now, if the rollout that was judged is still the one under way. */
function findUnchanged(trx: Db, { app_id, id, rollout_id, rollout_version, rollout_percentage_bps }: ChannelRow) {
  return trx
    .selectFrom('channels as c')
    .select(channelColumns)
    .where('app_id', '=', app_id)
    .where('id', '=', id)
    .where('rollout_id', '=', rollout_id)
    .where('rollout_version', '=', rollout_version)
    .where('rollout_percentage_bps', '=', rollout_percentage_bps)
    .where(isRollingOut)
    .executeTakeFirst();
}

/** Not an event worth an audit entry; a rollout that nobody reports on is checked all the same. */
async function noteCheck(db: Db, { app_id, id }: ChannelRow, now: Date): Promise<void> {
  await db
    .updateTable('channels')
    .set({ auto_pause_last_checked_at: now })
    .where('app_id', '=', app_id)
    .where('id', '=', id)
    .execute();
}
