// Which part of an audience a request cannot reach in an app, and why: told in the answer instead of passed over.

import type { PushChannel } from '../../db/tables/push.ts';
import type { Platform } from '../audience/platforms.ts';
import type { PushApp } from '../owner/apps.ts';
import type { Message } from './message.ts';
import { kindsByPlatform } from './stored-message.ts';

export interface Skipped {
  readonly platform: Platform;
  readonly reason: string;
}

/** The account that a platform's devices are reached through. */
const CHANNELS = { android: 'fcm', ios: 'apns', web: 'webpush' } as const satisfies Partial<
  Record<Platform, PushChannel>
>;

/** For an answer: the key is there only when somebody is left out. */
export function skippedOf(app: PushApp, message: Message): { readonly skipped?: readonly Skipped[] } {
  const skipped = listSkipped(app, message);
  return skipped.length > 0 ? { skipped } : {};
}

/** In the order of the request. HarmonyOS is left out of `"all"`: it has no registrations that could be missed. */
export function listSkipped(app: Pick<PushApp, 'channels' | 'default_url'>, message: Message): readonly Skipped[] {
  const kinds = kindsByPlatform(message, app);
  const skipped: Skipped[] = [];
  for (const platform of message.platforms) {
    if (platform === 'hmos') {
      if (message.named) skipped.push({ platform, reason: 'HarmonyOS devices cannot be reached' });
    } else if (!kinds[platform]) {
      skipped.push({ platform, reason: whyNothing(message, platform) });
    } else {
      const reason = whyNoAccount(app.channels, platform);
      if (reason !== undefined) skipped.push({ platform, reason });
    }
  }
  return skipped;
}

function whyNoAccount(channels: readonly PushChannel[], platform: keyof typeof CHANNELS): string | undefined {
  const channel = CHANNELS[platform];
  if (channels.includes(channel)) return undefined;
  const reason = `the app has no ${channel} credential`;
  return platform === 'ios' && channels.includes('fcm')
    ? `${reason}: only iPhones with an FCM token are reached`
    : reason;
}

function whyNothing({ notification, message }: Message, platform: Platform): string {
  if (platform !== 'web') return `the request holds nothing for ${platform}`;
  if (notification && message) return 'browsers get no notification together with a message';
  if (notification && (notification.web?.alert ?? notification.alert) !== undefined) {
    return 'browsers need a url: the request and the app name none';
  }
  return 'the request holds nothing for web';
}
