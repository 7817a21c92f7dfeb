// Tells owners' servers what became of their messages: rows from the outbox, signed, in order, at most a hundred per call.

import { createHmac, randomBytes, randomInt } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { refuseUrl } from '../../net/safe-connect.ts';
import { type By, record } from '../owner/owner-audit.ts';
import { CALLBACK_QUEUE } from '../queues.ts';
import { refuse } from '../refusals.ts';
import type { PushRoom } from '../room.ts';

const ROWS_PER_CALL = 100;
const TIMEOUT_MS = 3_000;
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 30 * 60_000;
const MAX_ATTEMPTS = 9;
const CALLS_PER_JOB = 50;

export interface CallbackJob {
  readonly callback_id: string;
}

interface CallbackSettings {
  readonly url: string;
  readonly username?: string | undefined;
  readonly secret?: string | undefined;
  readonly authorization?: string | undefined;
}

/** Whose events a callback hears. */
type CallbackOwner = { readonly app_id: string } | { readonly group_key: string };

const purposeOf = (callback_id: string): string => `push-callback:${callback_id}`;

/** Checks the receiver, then stores it. Throws `field_invalid` when it does not echo. */
export async function saveCallback(
  room: PushRoom,
  by: By,
  owner: CallbackOwner,
  settings: CallbackSettings,
): Promise<string> {
  const wrong = refuseUrl(settings.url, { allowHttp: true, allowPrivate: room.allowPrivate });
  if (wrong) throw refuse('field_invalid', `url ${wrong}`);
  await checkEcho(room, settings.url);
  const column = 'app_id' in owner ? 'app_id' : 'group_key';
  return room.db.transaction().execute(async (trx) => {
    const before = await findOwned(trx, owner);
    const { callback_id } = await trx
      .insertInto('push_callbacks')
      .values({ ...owner, url: settings.url, username: settings.username ?? null })
      .onConflict((conflict) =>
        conflict
          .column(column)
          .doUpdateSet({ url: settings.url, username: settings.username ?? null, updated_at: new Date() }),
      )
      .returning('callback_id')
      .executeTakeFirstOrThrow();
    const seal = (text: string | undefined) => (text ? room.vault.seal(text, purposeOf(callback_id)) : null);
    await trx
      .updateTable('push_callbacks')
      .set({ secret_sealed: seal(settings.secret), authorization_sealed: seal(settings.authorization) })
      .where('callback_id', '=', callback_id)
      .execute();
    await record(trx, by, 'push_callbacks', callback_id, { before, after: await findOwned(trx, owner) });
    return callback_id;
  });
}

/** What waits to be told is forgotten with it. */
export async function deleteCallback(db: Db, by: By, owner: CallbackOwner): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const before = await findOwned(trx, owner);
    if (!before) return;
    await trx.deleteFrom('push_callbacks').where('callback_id', '=', before.callback_id).execute();
    await record(trx, by, 'push_callbacks', before.callback_id, { before });
  });
}

async function findOwned(trx: Db, owner: CallbackOwner) {
  const callbacks = trx
    .selectFrom('push_callbacks')
    .select(['callback_id', 'app_id', 'group_key', 'url', 'username', 'secret_sealed', 'authorization_sealed'])
    .forUpdate();
  const owned =
    'app_id' in owner
      ? callbacks.where('app_id', '=', owner.app_id)
      : callbacks.where('group_key', '=', owner.group_key);
  return owned.executeTakeFirst();
}

/** The receiver proves that it expects us: it answers exactly the text it was sent. */
async function checkEcho(room: PushRoom, url: string): Promise<void> {
  const echostr = randomBytes(4).toString('hex');
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ echostr });
  const answer = await room.pool.post(new URL(url), headers, body, TIMEOUT_MS).catch((cause: Error) => {
    throw refuse('field_invalid', `url cannot be reached: ${cause.message}`);
  });
  if (answer.status < 200 || answer.status > 299 || answer.body.trim() !== echostr) {
    throw refuse('field_invalid', 'url did not answer with the echostr it was sent');
  }
}

/** Starts the jobs that empty these outboxes; one waiting job per callback is enough. */
export async function wakeCallbacks(room: PushRoom, callback_ids: readonly string[]): Promise<void> {
  for (const callback_id of callback_ids) {
    await room.jobs.send(CALLBACK_QUEUE, { callback_id } satisfies CallbackJob, { singletonKey: callback_id });
  }
}

/** Sends what is due, oldest first. The first failure ends the job, so the order holds; the next try is queued. */
export async function runCallback(room: PushRoom, { callback_id }: CallbackJob): Promise<void> {
  const callback = await findCallback(room.db, callback_id);
  if (!callback) return;
  for (let calls = 0; calls < CALLS_PER_JOB; calls += 1) {
    const rows = await listDue(room.db, callback_id);
    if (rows.length === 0) return;
    const [oldest] = rows;
    if (oldest && oldest.next_at.getTime() > Date.now()) return queueNext(room, callback_id, oldest.next_at);
    const error = await call(room, callback, rows);
    if (error !== undefined) return postpone(room, callback_id, rows, error);
    await dropRows(room.db, rows);
  }
  await queueNext(room, callback_id, new Date());
}

interface Callback {
  readonly callback_id: string;
  readonly url: string;
  readonly username: string | null;
  readonly secret_sealed: string | null;
  readonly authorization_sealed: string | null;
}

interface OutboxRow {
  readonly id: number;
  readonly row: object;
  readonly attempts: number;
  readonly next_at: Date;
}

async function findCallback(db: Db, callback_id: string): Promise<Callback | undefined> {
  return db
    .selectFrom('push_callbacks')
    .select(['callback_id', 'url', 'username', 'secret_sealed', 'authorization_sealed'])
    .where('callback_id', '=', callback_id)
    .executeTakeFirst();
}

async function listDue(db: Db, callback_id: string): Promise<readonly OutboxRow[]> {
  return db
    .selectFrom('push_callback_outbox')
    .select(['id', 'row', 'attempts', 'next_at'])
    .where('callback_id', '=', callback_id)
    .orderBy('id')
    .limit(ROWS_PER_CALL)
    .execute();
}

async function call(room: PushRoom, callback: Callback, rows: readonly OutboxRow[]): Promise<string | undefined> {
  const body = JSON.stringify({ total: rows.length, rows: rows.map(({ row }) => row) });
  const open = (sealed: string | null) =>
    sealed ? room.vault.open(sealed, purposeOf(callback.callback_id)) : undefined;
  const secret = open(callback.secret_sealed);
  const authorization = open(callback.authorization_sealed);
  const headers = {
    'content-type': 'application/json',
    ...(authorization && { authorization }),
    ...(secret &&
      callback.username &&
      signatureHeaders(secret, callback.username, body, Math.floor(Date.now() / 1000))),
  };
  try {
    const { status } = await room.pool.post(new URL(callback.url), headers, body, TIMEOUT_MS);
    return status === 200 || status === 204 ? undefined : `answered ${status}`;
  } catch (error) {
    return error instanceof Error ? error.message : 'failed';
  }
}

/** The dialect's signature leaves the body out; ours beside it covers it. */
export function signatureHeaders(
  secret: string,
  username: string,
  body: string,
  timestamp: number,
  nonce = String(randomInt(2 ** 47)),
): Record<string, string> {
  const hmac = (text: string) => createHmac('sha256', secret).update(text).digest('hex');
  const signature = hmac(`${timestamp}${nonce}${username}`);
  return {
    'X-CALLBACK-ID': `timestamp=${timestamp};nonce=${nonce};username=${username};signature=${signature}`,
    'X-Body-Signature': `sha256=${hmac(body)}`,
  };
}

async function postpone(room: PushRoom, callback_id: string, rows: readonly OutboxRow[], error: string): Promise<void> {
  const attempts = Math.max(...rows.map((row) => row.attempts)) + 1;
  if (attempts >= MAX_ATTEMPTS) {
    room.warn({ callback_id, rows: rows.length, error }, 'callback rows were dropped after the last attempt');
    await dropRows(room.db, rows);
    return queueNext(room, callback_id, new Date());
  }
  const next_at = new Date(Date.now() + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1)));
  const ids = rows.map((row) => row.id);
  await room.db.updateTable('push_callback_outbox').set({ attempts, next_at }).where('id', 'in', ids).execute();
  await queueNext(room, callback_id, next_at);
}

async function dropRows(db: Db, rows: readonly OutboxRow[]): Promise<void> {
  const ids = rows.map((row) => row.id);
  await db.deleteFrom('push_callback_outbox').where('id', '=', sql<number>`any(${ids}::bigint[])`).execute();
}

async function queueNext(room: PushRoom, callback_id: string, startAfter: Date): Promise<void> {
  const singletonKey = `${callback_id}:${Math.ceil(startAfter.getTime() / 1000)}`;
  await room.jobs.send(CALLBACK_QUEUE, { callback_id } satisfies CallbackJob, { startAfter, singletonKey });
}
