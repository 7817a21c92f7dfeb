// Turns an audience into SQL: who is reachable, and the next part of them in walking order.

import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { Schema } from '../../db/schema.ts';
import type { PushChannel, PushDevicesTable } from '../../db/tables/push.ts';
import { isKnownDevice, knownDevice } from '../../devices/sql.ts';
import { hasPlace, listensTo } from '../../releases/sql.ts';
import type { Kind } from '../message/message.ts';
import type { Platform } from '../platforms.ts';
import type { DeviceFacts } from '../transports/device-facts.ts';
import type { Audience, LiveUpdateFacts } from './audience.ts';

/** An audience, cut to what the message and the app can reach. */
export interface Selection {
  readonly app_id: string;
  readonly audience: Audience;
  /** The audience of the segment that `audience` names. */
  readonly segment: Audience | undefined;
  readonly kinds: Readonly<Partial<Record<Platform, readonly Kind[]>>>;
  /** The channels that the app can send on, each with what the row of a device must say. */
  readonly reach: readonly Reach[];
  /** Days a browser counts as reachable for "all"; 0 = for ever. */
  readonly web_active_days: number;
  /** Narrows to devices of these time zones, or whose best hour it is: for schedules that run in parts. */
  readonly part?: SchedulePart | undefined;
}

/** Whom one channel reaches with a message. */
interface Reach {
  readonly channel: PushChannel;
  readonly only: DeviceFacts;
  /** Columns that the sender reads. */
  readonly columns: readonly (keyof DeviceFacts)[];
}

export type SchedulePart =
  | { readonly timezones: readonly string[]; readonly unknown: boolean }
  | { readonly hour: number | null };

export interface Place {
  readonly shard: number;
  readonly id: number;
}

type Devices = Schema & { d: PushDevicesTable };
export type Where = ExpressionBuilder<Devices, 'd'>;

/** The name under which a phone registers its push-to-start token for live activities. */
const PUSH_TO_START = 'start';

/** How many candidates of an app the question "is there anybody?" looks at before it assumes yes. */
const PROBE_LIMIT = 1_000;

/** Every condition of the selection but the app itself, for a query that reads push_devices of these apps as `d`. */
export function reachable(
  eb: Where,
  selection: Selection,
  app_ids: readonly string[] = [selection.app_id],
): Expression<SqlBool> {
  const { audience, segment, kinds } = selection;
  const platforms = (Object.keys(kinds) as Platform[]).filter((platform) => kinds[platform]?.length);
  const conditions: Expression<SqlBool>[] = [
    eb('d.active', '=', true),
    eb('d.platform', 'in', [...platforms, 'none' as never]),
    eb.or(selection.reach.map((reach) => reachedBy(eb, reach))),
    ...audienceConditions(eb, audience, app_ids),
    ...(segment ? audienceConditions(eb, segment, app_ids) : []),
    ...partConditions(eb, selection.part),
  ];
  if (audience.all && selection.web_active_days > 0) {
    const since = sql<Date>`now() - make_interval(days => ${selection.web_active_days}::int)`;
    conditions.push(eb.or([eb('d.platform', '<>', 'web'), eb('d.last_seen_at', '>=', since)]));
  }
  if (kinds.ios?.includes('voip')) conditions.push(eb('d.voip_sealed', 'is not', null));
  if (kinds.ios?.includes('live_activity')) {
    conditions.push(hasLiveActivity(eb, audience.live_activity_id ?? PUSH_TO_START));
  }
  return eb.and(conditions);
}

function reachedBy(eb: Where, { channel, only }: Reach): Expression<SqlBool> {
  const facts = Object.entries(only) as [keyof DeviceFacts, never][];
  return eb.and([eb('d.channel', '=', channel), ...facts.map(([column, value]) => eb(`d.${column}`, '=', value))]);
}

function audienceConditions(eb: Where, audience: Audience, app_ids: readonly string[]): Expression<SqlBool>[] {
  const conditions: Expression<SqlBool>[] = [];
  if (audience.registration_id) conditions.push(eb('d.registration_id', 'in', audience.registration_id));
  if (audience.alias) conditions.push(eb('d.alias', 'in', audience.alias));
  if (audience.tag) conditions.push(hasTag(eb, audience.tag));
  for (const tag of audience.tag_and ?? []) conditions.push(hasTag(eb, [tag]));
  if (audience.tag_not) conditions.push(eb.not(hasTag(eb, audience.tag_not)));
  if (audience.live_activity_id) conditions.push(hasLiveActivity(eb, audience.live_activity_id));
  if (audience.live_update) conditions.push(isPhone(eb, audience.live_update, app_ids));
  return conditions;
}

function hasTag(eb: Where, tags: readonly string[]): Expression<SqlBool> {
  return eb.exists(
    eb
      .selectFrom('push_device_tags as t')
      .select(sql`1`.as('one'))
      .whereRef('t.device', '=', 'd.id')
      .whereRef('t.app_id', '=', 'd.app_id')
      .where('t.tag', 'in', tags),
  );
}

function hasLiveActivity(eb: Where, name: string): Expression<SqlBool> {
  return eb.exists(
    eb
      .selectFrom('push_live_activities as l')
      .select(sql`1`.as('one'))
      .whereRef('l.device', '=', 'd.id')
      .whereRef('l.app_id', '=', 'd.app_id')
      .where('l.live_activity_id', '=', name),
  );
}

/** The phone as the live-update side saw it last. */
function isPhone(eb: Where, facts: LiveUpdateFacts, app_ids: readonly string[]): Expression<SqlBool> {
  const { channel: channels, places } = facts;
  const listens = channels ? [listensTo(knownDevice, { app_ids, channels })] : [];
  const isAdded = places ? [hasPlace(knownDevice.device_id, places)] : [];
  return isKnownDevice({ app_id: eb.ref('d.app_id'), device_id: eb.ref('d.device_id') }, facts, [
    ...listens,
    ...isAdded,
  ]);
}

function partConditions(eb: Where, part: SchedulePart | undefined): Expression<SqlBool>[] {
  if (!part) return [];
  if ('hour' in part)
    return [part.hour === null ? eb('d.active_hour', 'is', null) : eb('d.active_hour', '=', part.hour)];
  const listed = eb('d.timezone', 'in', ['', ...part.timezones]);
  return [part.unknown ? eb.or([listed, eb('d.timezone', 'is', null)]) : listed];
}

/** A device that is reached, with the columns that its sender reads. */
export type Target = Awaited<ReturnType<typeof listBareTargets>>[number] & Readonly<DeviceFacts>;

/** The next `limit` targets after a place, in walking order, up to and including `lastShard`. */
export async function listTargets(
  db: Db,
  selection: Selection,
  after: Place,
  lastShard: number,
  limit: number,
): Promise<readonly Target[]> {
  return selectTargets(db, selection)
    .where('d.shard', '>=', after.shard)
    .where('d.shard', '<=', lastShard)
    .where(sql<SqlBool>`(d.shard, d.id) > (${after.shard}::smallint, ${after.id}::bigint)`)
    .orderBy('d.shard')
    .orderBy('d.id')
    .limit(limit)
    .execute();
}

/** Targets by their row ids, for a second attempt: those that are still reachable. */
export async function listTargetsById(
  db: Db,
  selection: Selection,
  ids: readonly number[],
): Promise<readonly Target[]> {
  if (ids.length === 0) return [];
  return selectTargets(db, selection).where('d.id', 'in', ids).execute();
}

function selectTargets(db: Db, selection: Selection) {
  const columns = [...new Set(selection.reach.flatMap((reach) => reach.columns))];
  return selectBareTargets(db, selection).select(columns.map((column) => `d.${column}` as const));
}

const listBareTargets = (db: Db, selection: Selection) => selectBareTargets(db, selection).execute();

function selectBareTargets(db: Db, selection: Selection) {
  const activity = selection.audience.live_activity_id ?? PUSH_TO_START;
  return db
    .selectFrom('push_devices as d')
    .select([
      'd.id',
      'd.shard',
      'd.registration_id',
      'd.platform',
      'd.channel',
      'd.sealed',
      'd.voip_sealed',
      'd.bundle_id',
      'd.language',
      'd.browser',
      'd.badge',
      'd.registered_at',
    ])
    .select(sql<boolean>`d.secret_sealed is not null`.as('reports'))
    .select((eb) =>
      eb
        .selectFrom('push_live_activities as a')
        .select('a.sealed')
        .whereRef('a.device', '=', 'd.id')
        .where('a.app_id', '=', selection.app_id)
        .where('a.live_activity_id', '=', activity)
        .as('activity_sealed'),
    )
    .where('d.app_id', '=', selection.app_id)
    .where((eb) => reachable(eb as unknown as Where, selection));
}

/**
 * The apps among these selections, one of each app, that reach anybody. Looks at a bounded number of candidates of each;
 * beyond them the answer is yes, and the fan-out finds out.
 */
export async function listReachableApps(db: Db, selections: readonly Selection[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const [first, ...others] of Map.groupBy(selections, shapeOf).values()) {
    if (!first) continue;
    const app_ids = [first, ...others].map(({ app_id }) => app_id);
    for (const app_id of await probe(db, first, app_ids)) found.add(app_id);
  }
  return found;
}

/** Selections of one shape differ in nothing but their app: one statement asks for all of them. */
const shapeOf = ({ app_id, ...shape }: Selection): string => JSON.stringify(shape);

async function probe(db: Db, selection: Selection, app_ids: readonly string[]): Promise<readonly string[]> {
  const { registration_id, alias } = selection.audience;
  const found = await appsWhere(db, app_ids, (eb) =>
    eb.exists(
      eb
        .selectFrom(candidates(eb, selection).as('d'))
        .select('d.id')
        .where((inner) => reachable(inner as unknown as Where, selection, app_ids)),
    ),
  );
  // Audiences by id and alias were checked exhaustively.
  if (registration_id || alias || found.length === app_ids.length) return found;
  const others = app_ids.filter((app_id) => !found.includes(app_id));
  const unsure = await appsWhere(db, others, (eb) => {
    const looked = tagged(eb, selection) ?? candidates(eb, selection).clearSelect().select('push_devices.id as device');
    return eb(
      eb.selectFrom(looked.as('c')).select(({ fn }) => fn.countAll<number>().as('count')),
      '>=',
      PROBE_LIMIT,
    );
  });
  return [...found, ...unsure];
}

type Apps = Schema & { a: { app_id: string } };

async function appsWhere(
  db: Db,
  app_ids: readonly string[],
  condition: (eb: ExpressionBuilder<Apps, 'a'>) => Expression<SqlBool>,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom(sql<{ app_id: string }>`unnest(${app_ids}::text[])`.as<'a'>(sql`a(app_id)`))
    .select('a.app_id')
    .where((eb) => condition(eb as unknown as ExpressionBuilder<Apps, 'a'>))
    .execute();
  return rows.map(({ app_id }) => app_id);
}

/** The first devices of the app `a` among which a target is looked for. */
function candidates(eb: ExpressionBuilder<Apps, 'a'>, { audience }: Selection) {
  const all = eb
    .selectFrom('push_devices')
    .selectAll('push_devices')
    .whereRef('push_devices.app_id', '=', 'a.app_id')
    .where('push_devices.active', '=', true)
    .limit(PROBE_LIMIT);
  if (audience.registration_id) return all.where('push_devices.registration_id', 'in', audience.registration_id);
  if (audience.alias) return all.where('push_devices.alias', 'in', audience.alias);
  const ids = tagged(eb, { audience });
  if (ids) return all.where('push_devices.id', 'in', ids);
  // Without this order the planner reads the whole table from its beginning, where other apps' devices lie.
  return all.orderBy('push_devices.shard').orderBy('push_devices.id');
}

/** The first devices of the app `a` with one of the audience's tags, retired ones among them; undefined where none are named. */
function tagged(eb: ExpressionBuilder<Apps, 'a'>, { audience }: Pick<Selection, 'audience'>) {
  const tags = audience.tag ?? audience.tag_and;
  if (!tags) return undefined;
  return eb
    .selectFrom('push_device_tags as t')
    .select('t.device')
    .whereRef('t.app_id', '=', 'a.app_id')
    .where('t.tag', 'in', tags)
    .limit(PROBE_LIMIT);
}
