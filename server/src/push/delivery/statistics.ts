// The numbers of messages, in the nested form that the dialect's SDKs read: singular and plural names beside each other.

import type { Db } from '../../db/database.ts';
import { WEB_BUCKETS } from '../audience/buckets.ts';

interface CountRow {
  readonly kind: string;
  readonly platform: string;
  readonly bucket: string;
  readonly targets: number;
  readonly sent: number;
  readonly delivered: number;
  readonly impressions: number;
  readonly clicks: number;
}

interface Counters {
  targets: number;
  sent: number;
  delivered: number;
  impressions: number;
  clicks: number;
}

type Part = Record<string, unknown>;

export interface MessageStatistics extends Counters {
  readonly plan_id: string;
  /** The part of the audience that was left out, and why. */
  readonly skipped?: readonly { readonly platform: string; readonly reason: string }[];
  readonly pushContent: object;
  readonly sub: Readonly<Record<string, Part>>;
}

const COUNTERS = ['targets', 'sent', 'delivered', 'impressions', 'clicks'] as const;
const KINDS = ['notification', 'message', 'live_activity', 'voip', 'inapp_message'] as const;

/** Channels shown for each platform even when they are empty. */
const CHANNELS: Readonly<Record<string, readonly string[]>> = {
  android: ['engageLab_android'],
  ios: ['engageLab_ios'],
  hmos: ['engageLab_hmos'],
  web: ['engageLab_web', ...WEB_BUCKETS],
};

/** Keyed by msg_id; ids that are not this app's are left out. */
export async function describeMessages(
  db: Db,
  app_id: string,
  msg_ids: readonly number[],
): Promise<Record<string, MessageStatistics>> {
  const messages = await db
    .selectFrom('push_messages')
    .select(['msg_id', 'plan_id', 'skipped'])
    .where('app_id', '=', app_id)
    .where('msg_id', 'in', [0, ...msg_ids])
    .execute();
  const rows = await selectCounts(db, app_id, msg_ids).execute();
  return Object.fromEntries(
    messages.map(({ msg_id, plan_id, skipped }) => {
      const own = rows.filter((row) => row.msg_id === msg_id);
      const described = describeRows(own, plan_id ?? '');
      return [String(msg_id), skipped.length > 0 ? { ...described, skipped } : described];
    }),
  );
}

/** Totals of group pushes, keyed by group_msgid. */
export async function describeGroups(db: Db, group_key: string, group_msgids: readonly string[]) {
  const messages = await db
    .selectFrom('push_messages')
    .select(['msg_id', 'app_id', 'group_msgid'])
    .where('group_key', '=', group_key)
    .where('group_msgid', 'in', ['', ...group_msgids])
    .execute();
  const totals: Record<string, MessageStatistics> = {};
  for (const group_msgid of new Set(messages.map((row) => row.group_msgid ?? ''))) {
    const rows: CountRow[] = [];
    for (const { app_id, msg_id } of messages.filter((row) => row.group_msgid === group_msgid)) {
      rows.push(...(await sumRows(db, app_id, [msg_id])));
    }
    totals[group_msgid] = describeRows(rows, '');
  }
  return totals;
}

export async function sumRows(db: Db, app_id: string, msg_ids: readonly number[]): Promise<readonly CountRow[]> {
  return msg_ids.length === 0 ? [] : selectCounts(db, app_id, msg_ids).execute();
}

function selectCounts(db: Db, app_id: string, msg_ids: readonly number[]) {
  return db
    .selectFrom('push_counts')
    .select(['msg_id', 'kind', 'platform', 'bucket', ...COUNTERS])
    .where('app_id', '=', app_id)
    .where('msg_id', 'in', [0, ...msg_ids]);
}

export function describeRows(rows: readonly CountRow[], plan_id: string): MessageStatistics {
  const sub = KINDS.map((kind) => [kind, describeKind(rows.filter((row) => row.kind === kind))] as const);
  return { ...add(rows), plan_id, pushContent: {}, sub: Object.fromEntries(sub) };
}

function describeKind(rows: readonly CountRow[]): Part {
  if (rows.length === 0) return {};
  const total = add(rows);
  const platforms = Object.entries(CHANNELS).map(([platform, channels]) => {
    const own = rows.filter((row) => row.platform === platform);
    const names = [...new Set([...channels, ...own.map((row) => row.bucket)])];
    const entries = names.map((name) => [name, add(own.filter((row) => row.bucket === name))]);
    return [`sub_${platform}`, Object.fromEntries(entries)] as const;
  });
  return { ...total, target: total.targets, click: total.clicks, ...Object.fromEntries(platforms) };
}

function add(rows: readonly CountRow[]): Counters {
  const sums: Counters = { targets: 0, sent: 0, delivered: 0, impressions: 0, clicks: 0 };
  for (const row of rows) for (const counter of COUNTERS) sums[counter] += row[counter];
  return sums;
}
