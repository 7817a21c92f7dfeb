// When a device asked, as far as it is on record.

import { refusals } from '@overair/protocol/device/refusals';
import { type RawBuilder, sql } from 'kysely';
import { utcDay } from '../utc-day.ts';

/** The actions under which answers are logged: the server writes them, but no device is kept from reporting one. */
export const ANSWERS = ['get', ...new Set(Object.values(refusals).flatMap(({ action }) => action ?? []))];

/** The hour of the device's first check on record since then; null: none. Within a query that has the device. */
export const firstCheckHour = (
  { app_id, device_id }: { app_id: RawBuilder<string>; device_id: RawBuilder<string> },
  since: Date,
) => sql<Date | null>`(
  select date_trunc('hour', min(e.received_at), 'UTC') from stats_events e
  where e.device_id = ${device_id} and e.app_id = ${app_id} and e.day >= ${utcDay(since.getTime())}::date
    and e.received_at >= ${since}::timestamptz and e.action = any(${ANSWERS}::text[]))`;
