// Push plans: names under which messages are counted together.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { pageOffset } from '../../db/page-offset.ts';
import { DAY_MS } from '../../utc-day.ts';
import { refuse } from '../refusals.ts';
import type { MessageStatistics } from './statistics.ts';
import { describeRows, sumRows } from './statistics.ts';

const MAX_PLANS = 100;
const DEFAULT_DAYS = 7;
const MAX_SPAN_DAYS = 31;
const OLDEST_DAYS = 30;

export async function savePlan(db: Db, app_id: string, plan_id: string, plan_description: string): Promise<void> {
  if (!/^[A-Za-z0-9]\w*$/.test(plan_id)) throw refuse('field_invalid', 'plan_id is not letters, digits and "_"');
  await db.transaction().execute(async (trx) => {
    const { plans } = await trx
      .selectFrom('push_plans')
      .select((eb) => eb.fn.countAll<number>().as('plans'))
      .where('app_id', '=', app_id)
      .where('plan_id', '<>', plan_id)
      .executeTakeFirstOrThrow();
    if (plans >= MAX_PLANS) throw refuse('field_invalid', `plan_id: an app has at most ${MAX_PLANS} plans`);
    await trx
      .insertInto('push_plans')
      .values({ app_id, plan_id, plan_description })
      .onConflict((conflict) => conflict.columns(['app_id', 'plan_id']).doUpdateSet({ plan_description }))
      .execute();
  });
}

interface PlanFilter {
  readonly page: number;
  readonly size: number;
  readonly source: string | undefined;
  readonly search: string | undefined;
}

/** Each row carries its id under both names that SDKs read; times are in milliseconds. */
export async function listPlans(db: Db, app_id: string, { page, size, source, search }: PlanFilter) {
  const rows = await db
    .selectFrom('push_plans')
    .select(['plan_id', 'plan_description', 'message_count', 'created_at', 'last_used_at'])
    .select((eb) => eb.fn.countAll<number>().over().as('total'))
    .where('app_id', '=', app_id)
    .$if(source === '0' || source === '1', (query) => query.where('send_source', '=', Number(source)))
    .$if(search !== undefined, (query) =>
      query.where('plan_description', 'like', `%${search?.replaceAll(/[%_\\]/g, '\\$&')}%`),
    )
    .orderBy('created_at')
    .orderBy('plan_id')
    .limit(size)
    .offset(pageOffset(page - 1, size))
    .execute();
  const push_plan_info = rows.map((row) => ({
    plan_id: row.plan_id,
    push_id: row.plan_id,
    plan_description: row.plan_description,
    count: row.message_count,
    create_time: row.created_at.getTime(),
    last_used_time: row.last_used_at?.getTime() ?? 0,
    entity_tag: '',
  }));
  return { push_plan_info, total: rows[0]?.total ?? 0 };
}

/** Messages keep the plan's name. */
export async function deletePlans(db: Db, app_id: string, plan_ids: readonly string[]): Promise<void> {
  await db
    .deleteFrom('push_plans')
    .where('app_id', '=', app_id)
    .where('plan_id', 'in', ['', ...plan_ids])
    .execute();
}

interface Span {
  readonly start: string | undefined;
  readonly end: string | undefined;
}

export async function listPlanMessages(
  db: Db,
  app_id: string,
  plan_ids: readonly string[],
  span: Span,
): Promise<Record<string, { msg_ids: string[] }>> {
  const ids = await findMessages(db, app_id, plan_ids, span);
  return Object.fromEntries(plan_ids.map((plan) => [plan, { msg_ids: (ids.get(plan) ?? []).map(String) }]));
}

/** The statistics of all messages of each plan, as one message's. */
export async function sumPlans(
  db: Db,
  app_id: string,
  plan_ids: readonly string[],
  span: Span,
): Promise<Record<string, MessageStatistics>> {
  const ids = await findMessages(db, app_id, plan_ids, span);
  const entries: [string, MessageStatistics][] = [];
  for (const plan of plan_ids) {
    const rows = await sumRows(db, app_id, ids.get(plan) ?? []);
    entries.push([plan, describeRows(rows, plan)]);
  }
  return Object.fromEntries(entries);
}

async function findMessages(db: Db, app_id: string, plan_ids: readonly string[], span: Span) {
  const { from, until } = readSpan(span);
  const rows = await db
    .selectFrom('push_messages')
    .select(['plan_id', 'msg_id'])
    .where('app_id', '=', app_id)
    .where('plan_id', 'in', plan_ids)
    .where('created_at', '>=', from)
    .where('created_at', '<', until)
    .orderBy(sql`msg_id`)
    .execute();
  const ids = new Map<string, number[]>();
  for (const { plan_id, msg_id } of rows) ids.set(plan_id ?? '', [...(ids.get(plan_id ?? '') ?? []), msg_id]);
  return ids;
}

function readSpan({ start, end }: Span): { from: Date; until: Date } {
  const last = end === undefined ? Date.now() : readDay('end_date', end);
  const first = start === undefined ? last - (DEFAULT_DAYS - 1) * DAY_MS : readDay('start_date', start);
  const days = Math.floor(last / DAY_MS) - Math.floor(first / DAY_MS) + 1;
  if (days < 1 || days > MAX_SPAN_DAYS) throw refuse('field_invalid', `the dates span more than ${MAX_SPAN_DAYS} days`);
  if (start !== undefined && first < Date.now() - (OLDEST_DAYS + 1) * DAY_MS) {
    throw refuse('field_invalid', `start_date is more than ${OLDEST_DAYS} days ago`);
  }
  const midnight = (at: number) => Math.floor(at / DAY_MS) * DAY_MS;
  return { from: new Date(midnight(first)), until: new Date(midnight(last) + DAY_MS) };
}

function readDay(name: string, text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(at)) throw refuse('field_invalid', `${name} is not yyyy-MM-dd`);
  return at;
}
