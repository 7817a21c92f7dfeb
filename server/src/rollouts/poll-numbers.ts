// Every minute: asks for the numbers that are due, and lets each count as one that was sent (signals.ts). An address that is away stops
// nothing.

import { type Selectable, sql } from 'kysely';
import { lockApp } from '../accounts/apps.ts';
import { systemActor } from '../accounts/caller.ts';
import type { Database, Db } from '../db/database.ts';
import type { PolledNumbersTable } from '../db/tables/rollouts.ts';
import { AppError } from '../errors.ts';
import type { JobQueue } from '../jobs/open.ts';
import type { FetchedNumber, NumberFetcher } from '../net/fetch-number.ts';
import { findChannelById } from '../releases/channels.ts';
import { findNewestUnderWay } from '../releases/release-record.ts';
import type { Vault } from '../secrets.ts';
import { addressOf } from './polled-numbers.ts';
import { takeSignal } from './signals.ts';

type PolledRow = Selectable<PolledNumbersTable>;

interface Parts {
  readonly database: Database;
  readonly numbers: NumberFetcher;
  readonly vault: Vault;
}

/** Asked for side by side: an address that does not answer takes ten seconds. */
const AT_ONCE = 20;

export function pollNumbersQueue(parts: Parts): JobQueue {
  return { name: 'poll-numbers', cron: '* * * * *', run: (_data, signal) => pollNumbers(parts, new Date(), signal) };
}

export async function pollNumbers({ database, numbers, vault }: Parts, now: Date, signal?: AbortSignal): Promise<void> {
  const { db } = database;
  for (let due = await claimDue(db, now); due.length > 0; due = await claimDue(db, now)) {
    signal?.throwIfAborted();
    const answers = await Promise.all(due.map(async (row) => [row, await ask(numbers, vault, row)] as const));
    for (const [row, answer] of answers) await db.transaction().execute((trx) => take(trx, row, answer, now));
  }
}

async function ask(numbers: NumberFetcher, vault: Vault, polled: PolledRow): Promise<FetchedNumber> {
  let url: string;
  try {
    url = addressOf(vault, polled);
  } catch {
    return {
      failure: 'What follows the ? of its address was stored with another OVERAIR_SECRET: save the number again',
    };
  }
  return numbers.ask(url);
}

/** Of two workers one asks: who claims a number moves it ahead. */
async function claimDue(db: Db, now: Date): Promise<PolledRow[]> {
  const { rows } = await sql<PolledRow>`
    update polled_numbers set next_poll_at = ${now}::timestamptz + make_interval(secs => interval_seconds)
    where id in (
      select id from polled_numbers where next_poll_at <= ${now} order by next_poll_at limit ${AT_ONCE} for update skip locked)
    returning *`.execute(db);
  return rows;
}

/** What was changed or deleted meanwhile is left alone. */
async function take(trx: Db, polled: PolledRow, answer: FetchedNumber, now: Date): Promise<void> {
  const app = await lockApp(trx, polled.app_id);
  if (app === undefined) return;
  const failure = 'value' in answer ? await count(trx, app.owner_org, polled, answer.value) : answer.failure;
  await trx
    .updateTable('polled_numbers')
    .set({
      polled_at: now,
      ...('value' in answer && { value: answer.value }),
      failure,
      failing_since: failure === null ? null : sql<Date>`coalesce(failing_since, ${now}::timestamptz)`,
    })
    .where('app_id', '=', polled.app_id)
    .where('id', '=', polled.id)
    .where(isUnchanged(polled))
    .execute();
}

const isUnchanged = ({ url, query_sealed }: PolledRow) =>
  sql<boolean>`(url, query_sealed) is not distinct from (${url}::text, ${query_sealed}::text)`;

/** It is about the release that began last and is under way. Null: it counts; else why it cannot. */
async function count(trx: Db, org_id: string, polled: PolledRow, value: number): Promise<string | null> {
  const { app_id, channel_id, name, bound, worse } = polled;
  const still = await trx
    .selectFrom('polled_numbers')
    .select('id')
    .where('id', '=', polled.id)
    .where(isUnchanged(polled))
    .executeTakeFirst();
  const channel = still ? await findChannelById(trx, app_id, channel_id) : undefined;
  const release = channel && (await findNewestUnderWay(trx, channel));
  if (channel === undefined || release === undefined || release.bundle_id === null) return null;
  try {
    const signal = { app_id, release_id: release.id, name, value, bound, worse };
    await takeSignal(trx, systemActor, org_id, { channel, release }, signal);
    return null;
  } catch (error) {
    // The release has all the names that it takes: nothing was written yet.
    if (error instanceof AppError && error.code === 'too_many_signals') return error.message;
    throw error;
  }
}
