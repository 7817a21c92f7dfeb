// Tells the phones of a channel, silently, to look for an update now instead of at their next start.

import type { Transaction } from 'kysely';
import type { Db } from '../../db/database.ts';
import { inTransaction } from '../../db/in-transaction.ts';
import type { Schema } from '../../db/schema.ts';
import { NO_FACTS, NO_SELECTOR, type RolloutPlaces } from '../audience/audience.ts';
import { findPushApp } from '../owner/apps.ts';
import { refusalOf } from '../refusals.ts';
import type { PushRoom } from '../room.ts';
import { acceptPush } from './accept.ts';
import { silentMessage } from './message.ts';
import type { PushRequest } from './request.ts';

/** A phone that hears of it a day later has looked by itself. */
const TTL_SECONDS = 86_400;
const PHONES = ['android', 'ios'] as const;

interface ReleaseNotice {
  readonly app_id: string;
  readonly channel: string;
  /** Undefined: the channel serves none. */
  readonly bundle: string | undefined;
  /** Only devices with these places in the rollout. */
  readonly places?: RolloutPlaces | undefined;
}

type NoticeResult =
  | { readonly sent: true; readonly msg_id: string }
  | { readonly sent: false; readonly reason: string };

/**
 * Nobody to tell, or no push at all, is an answer and no failure: the release stands either way. The reason is for people. `db` may be a
 * transaction: then the message is on its way when that commits.
 */
export async function notifyRelease(room: PushRoom, notice: ReleaseNotice, db: Db = room.db): Promise<NoticeResult> {
  const { app_id, channel, bundle, places } = notice;
  if (bundle === undefined) return { sent: false, reason: `channel ${channel} serves no bundle` };
  const app = await findPushApp(db, app_id);
  if (!app) return { sent: false, reason: 'push is not enabled for the app' };
  if (!app.enabled) return { sent: false, reason: 'push is switched off for the app' };
  const ways = room.transports.list.filter(({ platforms }) => PHONES.some((phone) => platforms.includes(phone)));
  if (!ways.some(({ name }) => app.channels.includes(name))) {
    return { sent: false, reason: `the app has no account at ${ways.map(({ title }) => title).join(' or ')}` };
  }
  try {
    const request = requestFor(channel, bundle, places);
    const msg_id = await inTransaction(db, (trx) => acceptPush(room, trx as Transaction<Schema>, app, request));
    return { sent: true, msg_id: String(msg_id) };
  } catch (error) {
    const refused = refusalOf(error);
    if (!refused) throw error;
    const whom = places === undefined ? 'no phone' : 'no phone of this step';
    const nobody = `${whom} of channel ${channel} is registered for push`;
    return { sent: false, reason: refused.refusal === 'no_target' ? nobody : (error as Error).message };
  }
}

function requestFor(channel: string, bundle: string, places: RolloutPlaces | undefined): PushRequest {
  const extras = { _action: 'check_update', channel, bundle };
  return {
    sender: 'release',
    request_id: '',
    custom_args: undefined,
    audience: { ...NO_SELECTOR, live_update: { ...NO_FACTS, channel: [channel], places } },
    message: silentMessage(PHONES, { msg_content: 'check_update', extras }, { ttl_seconds: TTL_SECONDS }),
  };
}
