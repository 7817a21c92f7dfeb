// Changes that were rehearsed and wait for their commit. A token stands for one change, as one caller reviewed it; it is kept as a
// hash, ends soon and works once. Source: docs/protocol/management.md §6.15.

import { randomBytes } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { PreparedChangesTable } from '../db/tables/rehearsal.ts';
import { isUniqueViolation } from '../db/violations.ts';
import { AppError } from '../errors.ts';
import type { JobQueue } from '../jobs/open.ts';
import { hashSecret } from '../secrets.ts';
import { forgetApprovals } from './approvals.ts';
import type { TouchedChannel } from './review.ts';

const TOKEN_LIVES_MS = 15 * 60_000;
const TOKEN_BYTES = 32;

type PreparedChange = Selectable<PreparedChangesTable>;

interface NewChange {
  app_id: string;
  caller: string;
  call: string;
  input: Record<string, unknown>;
  touched: readonly TouchedChannel[];
}

/** Answers with the token, which nobody can read again. */
export async function keepPrepared(db: Db, { touched, input, ...change }: NewChange, now: Date) {
  const token = `prepared_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  const expires_at = new Date(now.getTime() + TOKEN_LIVES_MS);
  const expected_updated_at = newest(touched.flatMap(({ before }) => before?.updated_at ?? []));
  await db
    .insertInto('prepared_changes')
    .values({
      ...change,
      token_hash: hashSecret(token),
      input: JSON.stringify(input),
      reviewed: JSON.stringify(touched.map(({ channel, before }) => ({ channel, serving: before }))),
      wanted: JSON.stringify(touched.map(({ channel, after }) => ({ channel, serving: after }))),
      expected_updated_at,
      expires_at,
    })
    .execute();
  return { token, expires_at, expected_updated_at };
}

const newest = (times: readonly Date[]): Date | null =>
  times.length === 0 ? null : new Date(Math.max(...times.map((time) => time.getTime())));

interface CommitRequest {
  token: string;
  caller: string;
  expected_updated_at: string | null;
  idempotencyKey: string;
}

interface Outcome {
  change: PreparedChange;
  committed_at: Date;
  answer: Record<string, unknown>;
  /** Made by this very call, not by an earlier one with the same key. */
  isMade: boolean;
}

/**
 * Makes the change once, in one transaction with the note that it is made: `make` gets that and answers what the plain call would.
 * A commit that is repeated with its key, also while the first is under way or at another process, gets the first one's answer.
 */
export async function commitPrepared(
  db: Db,
  request: CommitRequest,
  make: (trx: Db, change: PreparedChange) => Promise<Record<string, unknown>>,
): Promise<Outcome> {
  const idempotency_key_hash = hashSecret(request.idempotencyKey);
  return db.transaction().execute(async (trx) => {
    const change = await lockPrepared(trx, request);
    if (change.committed_at !== null) return repeated(change, idempotency_key_hash);
    await assertKeyIsFree(trx, request.caller, idempotency_key_hash);
    assertOpen(change, request);
    const answer = await make(trx, change);
    const committed_at = new Date();
    await trx
      .updateTable('prepared_changes')
      .set({ committed_at, idempotency_key_hash, answer: JSON.stringify(answer) })
      .where('id', '=', change.id)
      .execute()
      .catch((error: unknown) => {
        // Two commits of one key at the same time.
        throw isUniqueViolation(error) ? keyReused() : error;
      });
    return { change, committed_at, answer, isMade: true };
  });
}

/** What follows a commit may add to its answer, for those who repeat it. */
export async function noteAnswer(db: Db, { id }: PreparedChange, answer: Record<string, unknown>): Promise<void> {
  await db
    .updateTable('prepared_changes')
    .set({ answer: JSON.stringify(answer) })
    .where('id', '=', id)
    .execute();
}

async function lockPrepared(trx: Db, { token, caller }: CommitRequest): Promise<PreparedChange> {
  const change = await trx
    .selectFrom('prepared_changes')
    .selectAll()
    .where('token_hash', '=', hashSecret(token))
    .where('caller', '=', caller)
    .forUpdate()
    .executeTakeFirst();
  if (change) return change;
  const message =
    'No change of yours waits under this token. It may be mistyped, another key’s, or over for a day: prepare the change again';
  throw new AppError('unknown_token', 404, message);
}

function repeated(change: PreparedChange, key: string): Outcome {
  const { committed_at, answer } = change;
  if (change.idempotency_key_hash === key)
    return { change, committed_at: committed_at!, answer: answer!, isMade: false };
  throw new AppError('already_committed', 409, 'This change was made already, with another Idempotency-Key', {
    committed_at: committed_at!.toISOString(),
  });
}

async function assertKeyIsFree(trx: Db, caller: string, key: string): Promise<void> {
  const used = await trx
    .selectFrom('prepared_changes')
    .select('id')
    .where('caller', '=', caller)
    .where('idempotency_key_hash', '=', key)
    .executeTakeFirst();
  if (used) throw keyReused();
}

const keyReused = () =>
  new AppError(
    'idempotency_key_reused',
    422,
    'This Idempotency-Key stands for another commit: take a new one for each change',
  );

function assertOpen(change: PreparedChange, { expected_updated_at }: CommitRequest): void {
  if (change.expires_at.getTime() <= Date.now()) {
    const message = 'This token is over: what was reviewed may have changed. Prepare the change again';
    throw new AppError('token_expired', 410, message, { expires_at: change.expires_at.toISOString() });
  }
  const expected = expected_updated_at === null ? null : Date.parse(expected_updated_at);
  if (expected === (change.expected_updated_at?.getTime() ?? null)) return;
  const message = 'expected_updated_at is not that of the change that this token stands for';
  throw new AppError('stale_write', 409, message, {
    saw: expected_updated_at,
    is: change.expected_updated_at?.toISOString() ?? null,
    wanted: change.wanted,
  });
}

export function preparedExpiryQueue({ database }: { database: { db: Db } }): JobQueue {
  return { name: 'prepared-expiry', cron: '*/10 * * * *', run: () => forgetOver(database.db) };
}

async function forgetOver(db: Db): Promise<void> {
  await forgetPrepared(db);
  await forgetApprovals(db);
}

/** A day after its end: until then who repeats a commit hears its answer, and who comes too late hears so. */
async function forgetPrepared(db: Db): Promise<void> {
  await db.deleteFrom('prepared_changes').where('expires_at', '<', sql<Date>`now() - interval '1 day'`).execute();
}
