// The plans of releases as they are stored: how far each came, and what moved it.

import type { Plan, PlanMoveKind, StepNotified } from '@overair/protocol/manage/plan';
import { type Selectable, sql, type Updateable } from 'kysely';
import { type AppIds, isAmongApps } from '../accounts/apps.ts';
import { recordChange } from '../accounts/audit.ts';
import { type Actor, nameOfActor } from '../accounts/caller.ts';
import type { Db } from '../db/database.ts';
import type { DevicesToWake, PlanMovesTable, ReleasePlansTable } from '../db/tables/releases.ts';
import type { ReleaseRow } from './release-record.ts';

export type PlanRow = Selectable<ReleasePlansTable>;
type PlanMoveRow = Selectable<PlanMovesTable>;

/** Counts up when a field of a plan gets another name or meaning. */
const FORMAT = 1;

interface NewPlan {
  readonly plan: Plan;
  readonly step: number;
  readonly at: Date;
  readonly wake: DevicesToWake | null;
}

/** `at`: also when its first step was entered. Its release has none under way. */
export async function insertPlan(trx: Db, release_id: number, { plan, step, at, wake }: NewPlan): Promise<PlanRow> {
  const row = { release_id, format: FORMAT, plan: JSON.stringify(plan), state: 'running', step } as const;
  return trx
    .insertInto('release_plans')
    .values({ ...row, wake: wake && JSON.stringify(wake), step_entered_at: at, looked_at: at, started_at: at })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function writePlan(trx: Db, id: number, change: Updateable<ReleasePlansTable>): Promise<PlanRow> {
  return trx.updateTable('release_plans').set(change).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}

interface Move {
  readonly move: PlanMoveKind;
  readonly at: Date;
  readonly reason?: string | null;
}

/** Notes what moved a plan: in its history, the audit log and the webhooks. `before` is undefined for a new one. */
export async function notePlanMove(
  trx: Db,
  actor: Actor,
  org_id: string,
  release: ReleaseRow,
  plans: { readonly before: PlanRow | undefined; readonly after: PlanRow },
  { move, at, reason = null }: Move,
): Promise<void> {
  const { id: plan_id, step, plan } = plans.after;
  const share = plan.steps[step]!.share;
  await trx
    .insertInto('plan_moves')
    .values({ plan_id, at, move, step, share, by: nameOfActor(actor), reason })
    .execute();
  await recordChange(trx, actor, {
    org_id,
    table_name: 'releases',
    record_id: release.id,
    before: { ...release, plan: plans.before ? recorded(plans.before) : null },
    after: { ...release, plan: { ...recorded(plans.after), move } },
  });
}

/** What the log keeps: not when somebody looked. */
const recorded = ({ plan, state, step, asked_at, question, reason }: PlanRow) => ({
  ...{ name: plan.name ?? null, state, step, share: plan.steps[step]!.share, steps: plan.steps.length },
  ...{ asked_at, question, reason },
});

/** Under way, in a form that this server knows. */
const selectUnderWay = (db: Db) =>
  db
    .selectFrom('release_plans')
    .selectAll('release_plans')
    .where('release_plans.ended_at', 'is', null)
    .where('format', '=', FORMAT);

/** Those that a server moves, oldest first. */
export const listRunningPlans = (db: Db): Promise<PlanRow[]> =>
  selectUnderWay(db).where('state', '=', 'running').orderBy('id').execute();

/** Waits while somebody else moves it. */
export const lockPlanUnderWay = (trx: Db, release_id: number): Promise<PlanRow | undefined> =>
  selectUnderWay(trx).where('release_id', '=', release_id).forUpdate().executeTakeFirst();

/** Of the channel's releases at most one has a plan under way. Call with the app locked. */
export const findPlanOfChannel = (
  trx: Db,
  { app_id, id }: { readonly app_id: string; readonly id: number },
): Promise<PlanRow | undefined> =>
  selectUnderWay(trx)
    .innerJoin('releases', 'releases.id', 'release_plans.release_id')
    .where('releases.app_id', '=', app_id)
    .where('releases.channel_id', '=', id)
    .executeTakeFirst();

interface PlanWithMoves extends PlanRow {
  readonly moves: readonly PlanMoveRow[];
}

/** The newest plan of each. */
export async function findPlans(db: Db, releases: readonly ReleaseRow[]): Promise<Map<number, PlanWithMoves>> {
  if (releases.length === 0) return new Map();
  const ids = releases.map(({ id }) => id);
  const plans = await db
    .selectFrom('release_plans')
    .selectAll()
    .distinctOn('release_id')
    .where('release_id', 'in', ids)
    .orderBy('release_id')
    .orderBy('id', 'desc')
    .execute();
  if (plans.length === 0) return new Map();
  const planIds = plans.map(({ id }) => id);
  const rows = await db.selectFrom('plan_moves').selectAll().where('plan_id', 'in', planIds).orderBy('id').execute();
  const moves = Map.groupBy(rows, ({ plan_id }) => plan_id);
  return new Map(plans.map((plan) => [plan.release_id, { ...plan, moves: moves.get(plan.id) ?? [] }]));
}

/** Ids of plans with devices that are still to be woken. */
export async function listPlansToWake(db: Db): Promise<number[]> {
  const rows = await db.selectFrom('release_plans').select('id').where('wake', 'is not', null).orderBy('id').execute();
  return rows.map(({ id }) => id);
}

/** Locks it. Undefined: somebody else woke them. */
export async function findPlanToWake(trx: Db, id: number) {
  const row = await trx
    .selectFrom('release_plans as p')
    .innerJoin('releases as r', 'r.id', 'p.release_id')
    .select(['r.app_id', 'r.channel_name as channel', 'r.bundle_name as bundle', 'r.state', 'p.wake'])
    .where('p.id', '=', id)
    .where('p.wake', 'is not', null)
    .forUpdate('p')
    .executeTakeFirst();
  if (row === undefined || row.wake === null) return undefined;
  const { app_id, channel, bundle, state, wake } = row;
  return { app_id, channel, bundle, isOffered: state === 'running', places: wake };
}

export async function noteWoken(trx: Db, id: number, woken: StepNotified): Promise<void> {
  await writePlan(trx, id, { wake: null, woken: JSON.stringify(woken) });
}

interface OpenQuestion {
  readonly release_id: number;
  /** Null: the plan stopped its release, for `reason`. */
  readonly question: string | null;
  readonly reason: string | null;
  readonly since: Date;
}

/** Plans that ask a person, and those that stopped their release by themselves while it is not over. Newest first. */
export async function listOpenPlanQuestions(db: Db, apps: AppIds, limit: number): Promise<OpenQuestion[]> {
  const stoppedItself = sql<boolean>`(p.state = 'stopped' and r.state = 'stopped' and exists (
    select from plan_moves m where m.plan_id = p.id and m.move = 'stop' and m.by is null))`;
  const { rows } = await sql<OpenQuestion>`
    select p.release_id, p.question, p.reason, coalesce(p.asked_at, p.ended_at) as since
    from release_plans p join releases r on r.id = p.release_id
    where ${isAmongApps(sql`r.app_id`, apps)} and r.ended_at is null
      and ((p.ended_at is null and p.asked_at is not null) or ${stoppedItself})
      and not exists (select from release_plans later where later.release_id = p.release_id and later.id > p.id)
    order by since desc limit ${limit}`.execute(db);
  return rows;
}
