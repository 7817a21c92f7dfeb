// Changes that wait for a second person, with the rehearsal that they were asked for by. A request grants nothing: who approves makes the
// change by their own right, as it was reviewed. Source: docs/protocol/management.md §6.18.

import type { AnswerApproval, ApprovalState, RequestApproval } from '@overair/protocol/manage/approval';
import { type Selectable, sql } from 'kysely';
import { listKeysOfMembers } from '../accounts/api-keys.ts';
import { type AppIds, isAmongApps } from '../accounts/apps.ts';
import { recordChange } from '../accounts/audit.ts';
import { type Actor, actorOf, type Caller, nameOfActor } from '../accounts/caller.ts';
import { isMember } from '../accounts/member-rows.ts';
import type { Db } from '../db/database.ts';
import { pageOffset } from '../db/page-offset.ts';
import type { ApprovalsTable } from '../db/tables/rehearsal.ts';
import { AppError } from '../errors.ts';
import { HOUR_MS } from '../utc-day.ts';
import type { TouchedChannel } from './review.ts';

type ApprovalRow = Selectable<ApprovalsTable>;

const DEFAULT_HOURS = 24;
const PAGE_SIZE = 50;

interface Asked extends Pick<RequestApproval, 'call' | 'input' | 'note' | 'hours'> {
  readonly org_id: string;
  readonly app_id: string;
  readonly touched: readonly TouchedChannel[];
  readonly rehearsal: object;
}

export async function askForApproval(db: Db, caller: Caller, asked: Asked, now: Date) {
  const { org_id, app_id, call, input, hours = DEFAULT_HOURS, touched, rehearsal } = asked;
  const note = asked.note ?? null;
  return db.transaction().execute(async (trx) => {
    const row = await trx
      .insertInto('approvals')
      .values({
        ...{ org_id, app_id, call, note, input: JSON.stringify(input), rehearsal: JSON.stringify(rehearsal) },
        reviewed: JSON.stringify(touched.map(({ channel, before }) => ({ channel, serving: before }))),
        wanted: JSON.stringify(touched.map(({ channel, after }) => ({ channel, serving: after }))),
        requested_by: caller.user_id,
        requested_by_name: nameOf(caller),
        requested_by_key: caller.key_id,
        expires_at: new Date(now.getTime() + hours * HOUR_MS),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await record(trx, actorOf(caller), undefined, row);
    return present(row, caller, now);
  });
}

const nameOf = (caller: Caller): string => nameOfActor(actorOf(caller)) ?? 'unknown';

/** Newest first, 50 a page. */
export async function listApprovals(
  db: Db,
  caller: Caller,
  {
    app_id,
    state = 'waiting',
    page = 0,
  }: { app_id: string; state?: 'waiting' | 'all' | undefined; page?: number | undefined },
) {
  const now = new Date();
  const query = db.selectFrom('approvals').selectAll().where('app_id', '=', app_id);
  const rows = await (state === 'all' ? query : query.where('state', '=', 'waiting').where('expires_at', '>', now))
    .orderBy('id', 'desc')
    .limit(PAGE_SIZE)
    .offset(pageOffset(page, PAGE_SIZE))
    .execute();
  return rows.map((row) => present(row, caller, now));
}

export async function getApproval(db: Db, caller: Caller, app_id: string, id: number) {
  const row = await select(db, app_id, id).executeTakeFirst();
  if (row === undefined) throw cannotFind(id);
  return present(row, caller, new Date());
}

const select = (db: Db, app_id: string, id: number) =>
  db.selectFrom('approvals').selectAll().where('app_id', '=', app_id).where('id', '=', id);

const cannotFind = (approval_id: number) =>
  new AppError('cannot_find_approval', 404, 'Cannot find this request', { approval_id });

/**
 * Answers a request, once. `make` makes the change in the same transaction, by the right of who approves, and answers what the plain call
 * would; it is called for nothing but an approval.
 */
export function answerApproval(
  db: Db,
  caller: Caller,
  { app_id, approval_id, answer, note }: AnswerApproval,
  make: (trx: Db, approval: ApprovalRow) => Promise<Record<string, unknown>>,
): Promise<{ approval: ReturnType<typeof present>; answer: Record<string, unknown> | null }> {
  return db.transaction().execute(async (trx) => {
    const before = await select(trx, app_id, approval_id).forUpdate().executeTakeFirst();
    if (before === undefined) throw cannotFind(approval_id);
    const now = new Date();
    assertWaiting(before, now);
    assertMayAnswer(caller, before, answer);
    if (answer === 'approve') await assertRequesterStands(trx, before);
    const made = answer === 'approve' ? await make(trx, before) : null;
    const after = await trx
      .updateTable('approvals')
      .set({
        state: STATES[answer],
        answered_by: caller.user_id,
        answered_by_name: nameOf(caller),
        answered_at: now,
        answer_note: note ?? null,
      })
      .where('id', '=', before.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await record(trx, actorOf(caller), before, after);
    return { approval: present(after, caller, now), answer: made };
  });
}

const STATES = { approve: 'approved', refuse: 'refused', withdraw: 'withdrawn' } as const;

function assertWaiting(row: ApprovalRow, now: Date): void {
  const state = stateOf(row, now);
  if (state === 'waiting') return;
  const sentence = state === 'expired' ? 'This request is over: ask again' : `This request is answered: ${state}`;
  throw new AppError('approval_is_over', 409, sentence, { approval_id: row.id, state });
}

/** A person is the same by each of their keys. */
function assertMayAnswer(
  { user_id }: Caller,
  { requested_by, id }: ApprovalRow,
  answer: AnswerApproval['answer'],
): void {
  const isOwn = user_id === requested_by;
  if (answer === 'approve' && isOwn) {
    const sentence = 'Nobody approves their own request, by whichever key: somebody else has to';
    throw new AppError('own_approval', 403, sentence, { approval_id: id });
  }
  if (answer === 'withdraw' && !isOwn) {
    throw new AppError('not_own_approval', 403, 'Who asked withdraws a request; others refuse it', { approval_id: id });
  }
}

/** Who left, or whose key was taken away, asks for nothing any more. */
async function assertRequesterStands(
  trx: Db,
  { org_id, requested_by, requested_by_key, id }: ApprovalRow,
): Promise<void> {
  const hasStayed = await isMember(trx, org_id, requested_by);
  const hasKey = requested_by_key === null || (await listKeysOfMembers(trx, org_id, [requested_by_key])).length > 0;
  if (hasStayed && hasKey) return;
  const sentence = 'Who asked for this is no member any more, or their key was deleted: ask again';
  throw new AppError('requester_is_gone', 409, sentence, { approval_id: id });
}

const stateOf = ({ state, expires_at }: ApprovalRow, now: Date): ApprovalState =>
  state === 'waiting' && expires_at <= now ? 'expired' : state;

function present(row: ApprovalRow, { user_id }: Caller, now: Date) {
  const { requested_by, requested_by_name, answered_by_name, call, ...shown } = row;
  return {
    ...shown,
    call: call as RequestApproval['call'],
    state: stateOf(row, now),
    requested_by: requested_by_name,
    is_own: requested_by === user_id,
    answered_by: answered_by_name,
    rehearsal: row.rehearsal as never,
  };
}

/** The rehearsal is large, and says nothing of who did what. */
function record(trx: Db, actor: Actor, before: ApprovalRow | undefined, after: ApprovalRow): Promise<void> {
  const told = ({ rehearsal: _, reviewed: _reviewed, wanted: _wanted, ...row }: ApprovalRow) => row;
  const change = { org_id: after.org_id, table_name: 'approvals', record_id: after.id } as const;
  return recordChange(trx, actor, { ...change, before: before && told(before), after: told(after) });
}

interface WaitingApproval {
  readonly id: number;
  readonly app_id: string;
  readonly requested_by_name: string;
  readonly call: string;
  readonly channels: readonly string[];
  readonly created_at: Date;
}

/** Oldest first. */
export async function listWaitingApprovals(db: Db, apps: AppIds, now: Date, limit: number): Promise<WaitingApproval[]> {
  const rows = await db
    .selectFrom('approvals')
    .select(['id', 'app_id', 'requested_by_name', 'call', 'reviewed', 'created_at'])
    .where(isAmongApps(sql`app_id`, apps))
    .where('state', '=', 'waiting')
    .where('expires_at', '>', now)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ reviewed, ...row }) => ({ ...row, channels: reviewed.map(({ channel }) => channel) }));
}

/** A quarter of a year after they were answered, or over. */
export async function forgetApprovals(db: Db): Promise<void> {
  await db.deleteFrom('approvals').where('expires_at', '<', sql<Date>`now() - interval '90 days'`).execute();
}
