// Counts what devices reported into the evidence about a release: each device once, in the transaction that moves the mark.

import { type DeviceWords, mayCount, NO_WORDS, recount } from '@overair/protocol/rollouts/device-trials';
import { provesBad } from '@overair/protocol/rollouts/evidence';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { noteProvenBad, type ReleaseRow } from '../releases/release-record.ts';
import { findFirstArrival, findLastArrival, OVERLAP_MS } from './due-releases.ts';
import { columnsOf, evidenceOf, type GuardRow, lockGuard } from './guard-rows.ts';
import { type DevicePlaces, PlacePasses } from './place-evidence.ts';
import { listReporting, type ReportingDevice, wordOf } from './reported-trials.ts';

/** What is counted in one transaction: a server that was away for a day catches up in pieces. */
const LONGEST_PIECE_MS = 30 * 60_000;

interface Standing extends DeviceWords, DevicePlaces {
  readonly isHeldBack: boolean;
  readonly network: number | null;
}

/** Counts what arrived until `now`, piece by piece. */
export async function countTrials(db: Db, release: ReleaseRow, now: Date, signal?: AbortSignal): Promise<void> {
  let from = await db.transaction().execute((trx) => countPiece(trx, release, undefined, now));
  while (from !== undefined) {
    signal?.throwIfAborted();
    const next = from;
    from = await db.transaction().execute((trx) => countPiece(trx, release, next, now));
  }
}

/**
 * Counts the piece that begins at `from`, or where the last run ended. Answers with the begin of the next piece. The mark is the arrival
 * of the last event that was read, not a clock: should the clock jump ahead, what arrives after it came back is still read. Where the mark
 * lies ahead of `now`, events were stamped by such a clock, and all are read again: who was counted is not counted twice.
 */
async function countPiece(trx: Db, release: ReleaseRow, from: Date | undefined, now: Date): Promise<Date | undefined> {
  const guard = await lockGuard(trx, release.id);
  if (guard === undefined) return undefined;
  const isAhead = guard.read_until > now;
  const begin = from ?? (isAhead ? release.started_at : new Date(guard.read_until.getTime() - OVERLAP_MS));
  const first = await findFirstArrival(trx, release.app_id, begin);
  if (first === undefined || first > now) return undefined;
  const until = new Date(Math.min(now.getTime(), first.getTime() + LONGEST_PIECE_MS));
  const devices = await listReporting(trx, {
    app_id: release.app_id,
    channel: release.channel_name,
    bundle_name: release.bundle_name,
    since: release.started_at,
    from: begin,
    until,
  });
  const counted = devices.length === 0 ? {} : await countDevices(trx, guard, devices);
  const read_until = (await findLastArrival(trx, release.app_id, until)) ?? guard.read_until;
  await trx
    .updateTable('release_guards')
    .set({ ...counted, read_until })
    .where('release_id', '=', release.id)
    .execute();
  const known = evidenceOf({ ...guard, ...counted });
  if (guard.kept_at === null && provesBad(known, guard.tolerance)) await noteProvenBad(trx, release, now);
  return until < now ? until : undefined;
}

async function countDevices(trx: Db, guard: GuardRow, devices: readonly ReportingDevice[]) {
  const before = await readStandings(trx, guard.release_id, devices);
  const changed: ({ device_id: string } & Standing)[] = [];
  let evidence = evidenceOf(guard);
  let { new_devices, held_back } = guard;
  const passes = new PlacePasses();
  for (const { device_id, isNew, opening, starting, network, ...places } of devices) {
    const known = before.get(device_id);
    // Where it was counted first: it may be updated between two words.
    const { native, os } = known ?? places;
    if (known === undefined && !mayCount(isNew, guard.known_devices, new_devices)) {
      held_back += 1;
      changed.push({ device_id, ...NO_WORDS, isHeldBack: true, native, os, network });
    } else if (!known?.isHeldBack && (known?.opening !== opening || known.starting !== starting)) {
      evidence = recount(evidence, known ?? NO_WORDS, { opening, starting });
      passes.move({ native, os }, known ?? NO_WORDS, { opening, starting });
      changed.push({ device_id, opening, starting, isHeldBack: false, native, os, network });
      if (known === undefined && isNew) new_devices += 1;
    }
  }
  await writeStandings(trx, guard.release_id, changed);
  await passes.write(trx, guard.release_id);
  return { ...columnsOf(evidence), new_devices, held_back };
}

async function readStandings(trx: Db, release_id: number, devices: readonly ReportingDevice[]) {
  const ids = devices.map(({ device_id }) => device_id);
  const rows = await trx
    .selectFrom('release_devices')
    .select(['device_id', 'opening_failed', 'starting_failed', 'is_held_back', 'native', 'os', 'network'])
    .where('release_id', '=', release_id)
    .where(sql<boolean>`device_id = any(${ids}::text[])`)
    .execute();
  const standings = rows.map(
    ({ device_id, opening_failed, starting_failed, is_held_back, ...row }): [string, Standing] => [
      device_id,
      { ...row, opening: wordOf(opening_failed), starting: wordOf(starting_failed), isHeldBack: is_held_back },
    ],
  );
  return new Map(standings);
}

async function writeStandings(trx: Db, release_id: number, standings: readonly ({ device_id: string } & Standing)[]) {
  if (standings.length === 0) return;
  const rows = standings.map(({ device_id, opening, starting, isHeldBack, native, os, network }) => ({
    ...{ device_id, native, os, network },
    opening_failed: opening && opening === 'failed',
    starting_failed: starting && starting === 'failed',
    is_held_back: isHeldBack,
  }));
  await sql`
    insert into release_devices (release_id, device_id, opening_failed, starting_failed, is_held_back, native, os, network)
    select ${release_id}, device_id, opening_failed, starting_failed, is_held_back, native, os, network
    from json_to_recordset(${JSON.stringify(rows)}::json) as row(device_id text, opening_failed boolean, starting_failed boolean,
      is_held_back boolean, native text, os text, network integer)
    on conflict (release_id, device_id) do update set opening_failed = excluded.opening_failed,
      starting_failed = excluded.starting_failed, network = coalesce(excluded.network, release_devices.network)`.execute(
    trx,
  );
}

/** Of releases that are over for a day; a channel may return to the one that it kept last, which goes on where it was. */
export async function forgetDevices(db: Db): Promise<void> {
  await sql`
    delete from release_devices where release_id in (
      select r.id from releases r where r.ended_at < now() - interval '1 day' and (r.state <> 'kept' or exists (
        select from releases l where l.channel_id = r.channel_id and l.id > r.id and l.state = 'kept')))`.execute(db);
}
