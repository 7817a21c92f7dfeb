// What an owner sees of messages: what they said, to whom, and what became of them in numbers.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { pageOffset } from '../../db/page-offset.ts';
import { AppError } from '../../errors.ts';
import type { JsonObject } from '../fields.ts';
import { alertFor, textOf, titleOf } from '../message/notification.ts';
import { unpackAudience, unpackMessage } from '../message/stored-form.ts';

const PAGE_SIZE = 50;
export const COUNTERS = ['targets', 'sent', 'delivered', 'impressions', 'clicks', 'failed'] as const;
type Counts = Record<(typeof COUNTERS)[number], number>;

const noMessage = () => new AppError('message_not_found', 404, 'There is no such message, or it is older than a month');

/** The last messages with their numbers and the reasons of failures, 50 a page from page 0. */
export async function listMessages(db: Db, app_id: string, page: number) {
  const messages = await db
    .selectFrom('push_messages')
    .select(['msg_id', 'group_msgid', 'state', 'skipped', 'message', 'created_at', 'finished_at'])
    .where('app_id', '=', app_id)
    .orderBy('msg_id', 'desc')
    .limit(PAGE_SIZE)
    .offset(pageOffset(page, PAGE_SIZE))
    .execute();
  const ids = messages.map((row) => row.msg_id);
  const counts = await listCounts(db, app_id, ids);
  const failures = await listFailures(db, app_id, ids);
  return messages.map(({ message, ...row }) => ({
    ...row,
    ...wordsOf(message),
    msg_id: String(row.msg_id),
    ...sumOf(counts.filter(({ msg_id }) => msg_id === row.msg_id)),
    reasons: failures.filter(({ msg_id }) => msg_id === row.msg_id).map(({ msg_id: _, ...reason }) => reason),
  }));
}

/** Throws where there is no such message of this app. */
export async function describeMessage(db: Db, app_id: string, msg_id: number) {
  const row = await db
    .selectFrom('push_messages')
    .select(['msg_id', 'group_msgid', 'state', 'sender', 'skipped', 'message', 'audience'])
    .select(['created_at', 'finished_at', 'expires_at'])
    .where('app_id', '=', app_id)
    .where('msg_id', '=', msg_id)
    .executeTakeFirst();
  if (!row) throw noMessage();
  const counts = await listCounts(db, app_id, [msg_id]);
  const failures = await listFailures(db, app_id, [msg_id]);
  const { message, audience, ...rest } = row;
  const places = Map.groupBy(counts, ({ platform, bucket }) => `${platform} ${bucket}`);
  return {
    ...rest,
    ...wordsOf(message),
    msg_id: String(msg_id),
    audience: { ...unpackAudience(audience as unknown as JsonObject).audience },
    ...sumOf(counts),
    buckets: [...places.values()].map((own) => ({
      platform: own[0]?.platform ?? '',
      bucket: own[0]?.bucket ?? '',
      ...sumOf(own),
    })),
    reasons: failures.map(({ msg_id: _, ...reason }) => reason),
  };
}

/** One group message in every app of it. Throws where this organization has none. */
export async function describeGroupMessage(db: Db, owner_org: string, group_msgid: string) {
  const rows = await db
    .selectFrom('push_messages as m')
    .innerJoin('push_groups as g', 'g.group_key', 'm.group_key')
    .innerJoin('push_apps as p', 'p.app_id', 'm.app_id')
    .leftJoin('push_counts as c', (join) => join.onRef('c.app_id', '=', 'm.app_id').onRef('c.msg_id', '=', 'm.msg_id'))
    .select(['m.app_id', 'm.msg_id', 'm.state', 'm.created_at', 'g.group_key', 'g.name'])
    .select(COUNTERS.map((name) => sql<number>`coalesce(sum(c.${sql.ref(name)}), 0)::int`.as(name)))
    .where('g.owner_org', '=', owner_org)
    .where('p.owner_org', '=', owner_org)
    .where('m.group_msgid', '=', group_msgid)
    .groupBy(['m.app_id', 'm.msg_id', 'm.state', 'm.created_at', 'g.group_key', 'g.name'])
    .orderBy('m.app_id')
    .execute();
  const [first] = rows;
  if (!first) throw noMessage();
  return {
    group_msgid,
    group_key: first.group_key,
    group_name: first.name,
    created_at: first.created_at,
    ...sumOf(rows),
    apps: rows.map(({ app_id, msg_id, state, ...row }) => ({ app_id, msg_id: String(msg_id), state, ...sumOf([row]) })),
  };
}

function sumOf(rows: readonly Counts[]): Counts {
  const sums = COUNTERS.map((name) => [name, rows.reduce((sum, row) => sum + Number(row[name]), 0)] as const);
  return Object.fromEntries(sums) as Counts;
}

/** Title and text as most devices show them; nulls for a message that shows nothing. */
function wordsOf(stored: unknown): { title: string | null; text: string | null } {
  const { notification } = unpackMessage(stored as JsonObject);
  if (!notification) return { title: null, text: null };
  const platform = (['android', 'ios', 'web'] as const).find((each) => alertFor(notification, each) !== undefined);
  const alert = platform && alertFor(notification, platform);
  if (!platform || alert === undefined) return { title: null, text: null };
  const block = notification[platform];
  const own = block && 'title' in block ? block.title : undefined;
  const others = notification.android?.title ?? notification.web?.title;
  return { title: own ?? titleOf(alert) ?? others ?? null, text: textOf(alert) };
}

const listCounts = (db: Db, app_id: string, ids: readonly number[]) =>
  db
    .selectFrom('push_counts')
    .select(['msg_id', 'platform', 'bucket', ...COUNTERS])
    .where('app_id', '=', app_id)
    .where('msg_id', 'in', [0, ...ids])
    .orderBy('platform')
    .orderBy('bucket')
    .execute();

const listFailures = (db: Db, app_id: string, ids: readonly number[]) =>
  db
    .selectFrom('push_failures')
    .select(['msg_id', 'platform', 'reason', 'count'])
    .where('app_id', '=', app_id)
    .where('msg_id', 'in', [0, ...ids])
    .orderBy('count', 'desc')
    .execute();
