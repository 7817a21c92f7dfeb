// Tells the phones of a channel, silently, to look for an update now instead of at their next start.

import { findPushApp } from '../owner/apps.ts';
import type { PushRoom } from '../room.ts';
import { acceptPush } from './accept.ts';
import { pushCodeOf } from './errors.ts';
import { parseRequest } from './request.ts';

/** A phone that hears of it a day later has looked by itself. */
const TTL_SECONDS = 86_400;
const NO_TARGET = 21011;

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
  if (!app.channels.some((channel) => channel === 'fcm' || channel === 'apns')) {
    return { sent: false, reason: 'the app has no account at FCM or APNs' };
  }
  try {
    const msg_id = await room.db
      .transaction()
      .execute((trx) => acceptPush(room, trx, app, requestFor(channel, bundle)));
    return { sent: true, msg_id: String(msg_id) };
  } catch (error) {
    const code = pushCodeOf(error);
    if (code === undefined) throw error;
    const nobody = `no phone of channel ${channel} is registered for push`;
    return { sent: false, reason: code === NO_TARGET ? nobody : (error as Error).message };
  }
}

function requestFor(channel: string, bundle: string) {
  return parseRequest({
    from: 'release',
    to: { live_update: { channel: [channel] } },
    body: {
      platform: ['android', 'ios'],
      message: { msg_content: 'check_update', extras: { _action: 'check_update', channel, bundle } },
      options: { time_to_live: TTL_SECONDS },
    },
  });
}
