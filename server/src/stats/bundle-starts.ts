// How often a bundle started and failed within a window, counted by devices.

import { bundleFailures } from '@overair/protocol/device/bundle-reports';
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { utcDay } from '../utc-day.ts';

interface Window {
  readonly app_id: string;
  readonly channel: string;
  readonly bundle_name: string;
  readonly since: Date;
}

/** The device and the bundle of an event, for conditions of other rooms. */
export const reportedStart = {
  app_id: sql<string>`event.app_id`,
  device_id: sql<string>`event.device_id`,
  bundle_name: sql<string>`event.bundle_name`,
};

/**
 * Devices, not events: one bad download makes two or three failures, and a device that tries again is still one device.
 * Emulators and development builds prove nothing, and neither do devices that this server never offered the bundle:
 * whoever knows the app's id can invent them. An offer may be written a moment after the event that it led to, so `wasOffered`
 * is asked too: a condition on `reportedStart`. Network and disk are no fault of the bundle (docs/protocol/device.md §10.4).
 */
export async function countStarts(
  db: Db,
  { app_id, channel, bundle_name, since }: Window,
  wasOffered: RawBuilder<boolean>,
) {
  const row = await db
    .selectFrom('stats_events as event')
    .select(({ fn }) => [
      fn.count('event.device_id').distinct().filterWhere('event.action', '=', 'set').as('installs'),
      fn.count('event.device_id').distinct().filterWhere('event.action', '<>', 'set').as('failures'),
    ])
    .where('event.app_id', '=', app_id)
    .where('event.bundle_name', '=', bundle_name)
    .where('event.channel', '=', channel)
    .where('event.is_prod', '=', true)
    .where('event.is_emulator', '=', false)
    .where('event.occurred_at', '>', since)
    // A device's clock may run ahead; a partition of last week cannot hold an event of this window.
    .where('event.day', '>=', utcDay(since))
    .where('event.action', 'in', ['set', ...bundleFailures])
    .where((eb) => eb.or([eb('event.was_offered', '=', true), wasOffered]))
    .executeTakeFirstOrThrow();
  return { installs: Number(row.installs), failures: Number(row.failures) };
}
