// Makes a change inside a transaction and looks at what the app's channels serve before and after it.

import { lockApp } from '../accounts/apps.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { listServedBundles, type ServedBundles } from '../releases/served-bundles.ts';

/** A channel that the change makes, alters or deletes; null where it is not there. */
export interface TouchedChannel {
  readonly id: number;
  readonly channel: string;
  readonly before: ServedBundles | null;
  readonly after: ServedBundles | null;
}

/** Makes the change. Nobody else can change what the app releases meanwhile, or until the transaction ends. */
export async function review(
  trx: Db,
  app_id: string,
  change: (trx: Db) => Promise<unknown>,
): Promise<{ answer: unknown; touched: TouchedChannel[] }> {
  await lockApp(trx, app_id);
  const before = new Map((await listServedBundles(trx, app_id)).map((each) => [each.id, each]));
  const answer = await change(trx);
  const after = new Map((await listServedBundles(trx, app_id)).map((each) => [each.id, each]));
  const touched = [...new Set([...before.keys(), ...after.keys()])]
    .map((id) => ({ id, before: before.get(id) ?? null, after: after.get(id) ?? null }))
    .filter((each) => JSON.stringify(each.before) !== JSON.stringify(each.after))
    .map((each) => ({ ...each, channel: (each.after ?? each.before)!.channel }));
  return { answer, touched };
}

/** What a channel served when its change was rehearsed, or is to serve after it. Times are text: it was stored. */
interface Noted {
  readonly channel: string;
  readonly serving: object | null;
}

interface Agreed {
  reviewed: readonly Noted[];
  wanted: readonly Noted[];
}

/** Makes the change if the channels are as they were rehearsed, and if it touches no others. */
export async function makeAsReviewed(
  trx: Db,
  app_id: string,
  { reviewed, wanted }: Agreed,
  change: (trx: Db) => Promise<unknown>,
): Promise<unknown> {
  await lockApp(trx, app_id);
  const current = new Map((await listServedBundles(trx, app_id)).map((each) => [each.channel, each]));
  const assertSame = (channel: string, saw: object | null) => {
    const is = current.get(channel) ?? null;
    if (textOf(is) !== textOf(saw)) throw staleReview(channel, { saw, is, wanted: servingOf(wanted, channel) });
  };
  for (const { channel, serving } of reviewed) assertSame(channel, serving);
  const { answer, touched } = await review(trx, app_id, change);
  const known = new Set(reviewed.map(({ channel }) => channel));
  for (const { channel, before, after } of touched) {
    if (!known.has(channel)) throw staleReview(channel, { saw: null, is: before, wanted: after });
  }
  return answer;
}

const servingOf = (noted: readonly Noted[], channel: string): object | null =>
  noted.find((each) => each.channel === channel)?.serving ?? null;

/** Stored objects come back with their names in another order. */
const textOf = (serving: object | null): string =>
  JSON.stringify(
    Object.entries(JSON.parse(JSON.stringify(serving ?? {})) as object).sort(([a], [b]) => (a < b ? -1 : 1)),
  );

function staleReview(
  channel: string,
  views: { saw: object | null; is: object | null; wanted: object | null },
): AppError {
  const { saw, is, wanted } = views as Record<string, ServedBundles | null>;
  const message =
    `Channel ${channel} changed since this was reviewed. Saw: ${inWords(saw)}${since(saw)}. Is: ${inWords(is)}${since(is)}. ` +
    `Wanted: ${inWords(wanted)}. Prepare the change again`;
  return new AppError('stale_write', 409, message, { channel, ...views });
}

/** Also where it serves the same: then a setting was changed. */
const since = (serving: ServedBundles | null | undefined): string => (serving ? ` since ${serving.changed_at}` : '');

function inWords(serving: ServedBundles | null | undefined): string {
  if (!serving) return 'no such channel';
  const { bundle, rollout, rollout_percentage_bps, rollout_paused } = serving;
  const share =
    rollout === null ? '' : `, ${rollout} for ${rollout_percentage_bps / 100} %${rollout_paused ? ', paused' : ''}`;
  return `${bundle}${share}`;
}
