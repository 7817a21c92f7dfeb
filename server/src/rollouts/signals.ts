// Numbers from outside about a release: Sentry, Crashlytics or a script says when one is beyond its bound, and the guard acts on it.

import type { SendSignal } from '@overair/protocol/manage/release';
import { decideOnSignal, isBreached, type Signal } from '@overair/protocol/rollouts/guard';
import type { Selectable } from 'kysely';
import { recordChange } from '../accounts/audit.ts';
import type { Actor } from '../accounts/caller.ts';
import type { Db } from '../db/database.ts';
import type { ReleaseSignalsTable } from '../db/tables/rollouts.ts';
import { AppError } from '../errors.ts';
import type { ChannelRow } from '../releases/channel-rows.ts';
import { noteProvenBad, type ReleaseRow } from '../releases/release-record.ts';
import { actOnRelease, settingsOf, stateOf } from './act-on-release.ts';
import { lockGuard, makeGuard } from './guard-rows.ts';

type SignalRow = Selectable<ReleaseSignalsTable>;

const MOST_NAMES = 20;

/** Keeps the number, and acts where it is beyond its bound as the guard would on its own evidence. Call with the app locked. */
export async function takeSignal(
  trx: Db,
  actor: Actor,
  org_id: string,
  { channel, release }: { channel: ChannelRow; release: ReleaseRow },
  { name, value, bound, worse = 'above' }: SendSignal,
): Promise<void> {
  const signal = { name, value, bound, worse };
  await keepSignal(trx, actor, org_id, release, signal);
  if (!isBreached(signal)) return;
  await makeGuard(trx, release);
  const guard = await lockGuard(trx, release.id);
  if (guard === undefined) return;
  if (guard.kept_at === null) await noteProvenBad(trx, release, new Date());
  const decision = decideOnSignal(signal, settingsOf(channel), stateOf(guard));
  if (decision === undefined) return;
  await actOnRelease(trx, org_id, { channel, release, guard }, { ...decision, e: null }, new Date());
}

/** A script may send one every minute: the audit log has the first, and each that crosses its bound. */
async function keepSignal(trx: Db, actor: Actor, org_id: string, release: ReleaseRow, signal: Signal): Promise<void> {
  const known = (await findSignals(trx, [release])).get(release.id) ?? [];
  const before = known.find(({ name }) => name === signal.name);
  if (before === undefined && known.length >= MOST_NAMES) {
    const sentence = `A release takes ${MOST_NAMES} names of numbers: send this one under one of the names that it has`;
    throw new AppError('too_many_signals', 400, sentence, { names: known.map(({ name }) => name) });
  }
  const row = { ...signal, is_breached: isBreached(signal), sent_at: new Date() };
  await trx
    .insertInto('release_signals')
    .values({ release_id: release.id, ...row })
    .onConflict((conflict) => conflict.columns(['release_id', 'name']).doUpdateSet(row))
    .execute();
  if (before?.is_breached === row.is_breached) return;
  const { is_breached } = row;
  await recordChange(trx, actor, {
    org_id,
    table_name: 'releases',
    record_id: release.id,
    before: { ...release, signal: before ?? null },
    after: { ...release, signal: { ...signal, is_breached } },
  });
}

export async function findSignals(db: Db, releases: readonly ReleaseRow[]): Promise<Map<number, SignalRow[]>> {
  if (releases.length === 0) return new Map();
  const ids = releases.map(({ id }) => id);
  const rows = await db
    .selectFrom('release_signals')
    .selectAll()
    .where('release_id', 'in', ids)
    .orderBy('name')
    .execute();
  return Map.groupBy(rows, ({ release_id }) => release_id);
}
