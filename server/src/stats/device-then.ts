// What a device was, ran and had failed at, as its events tell it for a moment of the past.

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { ANSWERS } from './first-check.ts';

/** Older ones say nothing about what it ran. */
const MOST_ROWS = 500;

interface DeviceThen {
  readonly platform: string;
  readonly plugin_version: string;
  readonly version_build: string | null;
  readonly is_prod: boolean;
  readonly is_emulator: boolean;
  /** A bundle or `builtin`; undefined: no event says it. */
  readonly running: { readonly version: string; readonly since: Date } | undefined;
  readonly offered: { readonly version: string; readonly at: Date } | undefined;
  readonly failures: readonly { version_name: string; version_build: string; failures: number }[];
}

interface Moment {
  readonly app_id: string;
  readonly device_id: string;
  /** The first moment that does not count. */
  readonly before: Date;
}

/** Undefined: nothing had arrived from it. */
export async function findDeviceThen(db: Db, moment: Moment): Promise<DeviceThen | undefined> {
  const last = await selectEvents(db, moment)
    .select(['platform', 'plugin_version', 'version_build', 'is_prod', 'is_emulator'])
    .orderBy('received_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (last === undefined) return undefined;
  return {
    ...last,
    running: await findRunning(db, moment),
    offered: await findOffered(db, moment),
    failures: await listFailures(db, moment),
  };
}

const selectEvents = (db: Db, { app_id, device_id, before }: Moment) =>
  db
    .selectFrom('stats_events')
    .where('app_id', '=', app_id)
    .where('device_id', '=', device_id)
    .where('received_at', '<', before);

/** Its starts, its rollbacks, and what it told at checks: the server notes with each answer what the device ran. */
async function findRunning(db: Db, moment: Moment): Promise<DeviceThen['running']> {
  const rows = await selectEvents(db, moment)
    .select(['action', 'bundle_name', 'old_version_name', 'received_at'])
    .where((eb) =>
      eb.or([
        eb.and([eb('action', 'in', ['set', 'app_launch_ready', 'update_fail']), eb('bundle_name', '<>', '')]),
        eb.and([eb('action', 'in', ANSWERS), eb('old_version_name', 'is not', null)]),
      ]),
    )
    .orderBy('received_at', 'desc')
    .orderBy('occurred_at', 'desc')
    .limit(MOST_ROWS)
    .execute();
  const ran: { version: string; since: Date }[] = [];
  for (const { action, bundle_name, old_version_name, received_at } of rows.reverse()) {
    const version = bundle_name === '' || ANSWERS.includes(action) ? (old_version_name ?? bundle_name) : bundle_name;
    if (action === 'update_fail') {
      // It went back to what it ran before, since this moment.
      while (ran.at(-1)?.version === version) ran.pop();
      const back = ran.pop();
      if (back) ran.push({ ...back, since: received_at });
    } else if (ran.at(-1)?.version !== version) ran.push({ version, since: received_at });
  }
  return ran.at(-1);
}

async function findOffered(db: Db, moment: Moment): Promise<DeviceThen['offered']> {
  const row = await selectEvents(db, moment)
    .select(['bundle_name', 'received_at'])
    .where('action', '=', 'get')
    .where('bundle_name', '<>', '')
    .orderBy('received_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && { version: row.bundle_name, at: row.received_at };
}

/** As `device_failures` counts them. */
async function listFailures(db: Db, moment: Moment): Promise<DeviceThen['failures']> {
  return selectEvents(db, moment)
    .select('bundle_name as version_name')
    .select([sql<string>`coalesce(version_build, '')`.as('version_build'), sql<number>`count(*)::int`.as('failures')])
    .where('action', 'in', ['update_fail', 'set_fail'])
    .where('bundle_name', '<>', '')
    .groupBy(['bundle_name', sql`coalesce(version_build, '')`])
    .execute();
}
