// Tells the phones of a channel, silently, to look for an update now instead of at their next start.

import { NO_FACTS, NO_SELECTOR } from '../audience/audience.ts';
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
}

type NoticeResult =
  | { readonly sent: true; readonly msg_id: string }
  | { readonly sent: false; readonly reason: string };

/** Nobody to tell, or no push at all, is an answer and no failure: the release stands either way. The reason is for people. */
export async function notifyRelease(room: PushRoom, notice: ReleaseNotice): Promise<NoticeResult> {
  const { app_id, channel, bundle } = notice;
  if (bundle === undefined) return { sent: false, reason: `channel ${channel} serves no bundle` };
  const app = await findPushApp(room.db, app_id);
  if (!app) return { sent: false, reason: 'push is not enabled for the app' };
  if (!app.enabled) return { sent: false, reason: 'push is switched off for the app' };
  const ways = room.transports.list.filter(({ platforms }) => PHONES.some((phone) => platforms.includes(phone)));
  if (!ways.some(({ name }) => app.channels.includes(name))) {
    return { sent: false, reason: `the app has no account at ${ways.map(({ title }) => title).join(' or ')}` };
  }
  try {
    const msg_id = await room.db
      .transaction()
      .execute((trx) => acceptPush(room, trx, app, requestFor(channel, bundle)));
    return { sent: true, msg_id: String(msg_id) };
  } catch (error) {
    const refused = refusalOf(error);
    if (!refused) throw error;
    const nobody = `no phone of channel ${channel} is registered for push`;
    return { sent: false, reason: refused.refusal === 'no_target' ? nobody : (error as Error).message };
  }
}

function requestFor(channel: string, bundle: string): PushRequest {
  const extras = { _action: 'check_update', channel, bundle };
  return {
    sender: 'release',
    request_id: '',
    custom_args: undefined,
    audience: { ...NO_SELECTOR, live_update: { ...NO_FACTS, channel: [channel] } },
    message: silentMessage(PHONES, { msg_content: 'check_update', extras }, { ttl_seconds: TTL_SECONDS }),
  };
}
