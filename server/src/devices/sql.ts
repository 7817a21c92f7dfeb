// What other rooms ask of the registry inside their own statements.

import { type Expression, type RawBuilder, sql } from 'kysely';

/** What is known of a device; all that is given must hold. */
interface DeviceFacts {
  readonly bundle?: readonly string[] | undefined;
  readonly bundle_not?: readonly string[] | undefined;
  readonly running?: readonly string[] | undefined;
  readonly running_not?: readonly string[] | undefined;
  readonly native_version?: readonly string[] | undefined;
  readonly seen_within_days?: number | undefined;
  readonly not_seen_within_days?: number | undefined;
}

interface DeviceName {
  readonly app_id: Expression<string>;
  readonly device_id: Expression<string | null>;
}

/** True where /updates offered the bundle to the device last. */
export const isOfferedTo = ({ app_id, device_id, bundle_name }: DeviceName & { bundle_name: Expression<string> }) =>
  sql<boolean>`exists (select from devices offered where offered.app_id = ${app_id}
    and offered.device_id = ${device_id} and offered.offered_version = ${bundle_name})`;

/** The device that `isKnownDevice` looks at, for conditions of other rooms. */
export const knownDevice = {
  app_id: sql<string>`known.app_id`,
  device_id: sql<string>`known.device_id`,
  platform: sql<string>`known.platform`,
  plugin_version: sql<string>`known.plugin_version`,
  default_channel: sql<string | null>`known.default_channel`,
};

/** True where the registry has the device and it is so. `also` are conditions on `knownDevice`. */
export function isKnownDevice(
  { app_id, device_id }: DeviceName,
  facts: DeviceFacts,
  also: readonly RawBuilder<boolean>[] = [],
): RawBuilder<boolean> {
  const { bundle, bundle_not, running, running_not, native_version, seen_within_days, not_seen_within_days } = facts;
  const conditions: RawBuilder<unknown>[] = [sql`known.app_id = ${app_id}`, sql`known.device_id = ${device_id}`];
  if (bundle) conditions.push(sql`known.version_name = any(${bundle}::text[])`);
  if (bundle_not) conditions.push(sql`known.version_name = any(${bundle_not}::text[]) is not true`);
  if (running) conditions.push(sql`known.running_version = any(${running}::text[])`);
  if (running_not) conditions.push(sql`known.running_version = any(${running_not}::text[]) is not true`);
  if (native_version) conditions.push(sql`known.version_build = any(${native_version}::text[])`);
  if (seen_within_days !== undefined) conditions.push(sql`known.updated_at >= ${daysAgo(seen_within_days)}`);
  if (not_seen_within_days !== undefined) conditions.push(sql`known.updated_at < ${daysAgo(not_seen_within_days)}`);
  return sql<boolean>`exists (select from devices known where ${sql.join([...conditions, ...also], sql` and `)})`;
}

const daysAgo = (days: number) => sql`now() - make_interval(days => ${days}::int)`;
