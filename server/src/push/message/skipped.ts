// Which part of an audience a request cannot reach in an app, and why: told in the answer instead of passed over.

import type { PushApp } from '../owner/apps.ts';
import type { Platform } from '../platforms.ts';
import type { Transports } from '../transports/registry.ts';
import type { Message } from './message.ts';
import { alertFor } from './notification.ts';
import { kindsByPlatform } from './stored-message.ts';

export interface Skipped {
  readonly platform: Platform;
  readonly reason: string;
}

/** How people call a platform's devices. */
const DEVICES = {
  android: 'Android phones',
  ios: 'iPhones',
  hmos: 'HarmonyOS devices',
  web: 'browsers',
} as const satisfies Record<Platform, string>;

export const noWayTo = (platform: Platform): string => `${DEVICES[platform]} cannot be reached`;

/** For an answer: the key is there only when somebody is left out. */
export function skippedOf(
  transports: Transports,
  app: PushApp,
  message: Message,
): { readonly skipped?: readonly Skipped[] } {
  const skipped = listSkipped(transports, app, message);
  return skipped.length > 0 ? { skipped } : {};
}

/** In the order of the request. Of "all" platforms one without a transport is left out: it has no registrations that could be missed. */
export function listSkipped(
  transports: Transports,
  app: Pick<PushApp, 'channels' | 'default_url'>,
  message: Message,
): readonly Skipped[] {
  const kinds = kindsByPlatform(transports, message, app);
  const skipped: Skipped[] = [];
  for (const platform of message.platforms) {
    if (transports.reaching(platform).length === 0) {
      if (message.named) skipped.push({ platform, reason: noWayTo(platform) });
    } else if (!kinds[platform]) {
      skipped.push({ platform, reason: whyNothing(message, platform) });
    } else {
      const reason = whyNoAccount(transports, app.channels, platform);
      if (reason !== undefined) skipped.push({ platform, reason });
    }
  }
  return skipped;
}

function whyNoAccount(transports: Transports, channels: readonly string[], platform: Platform): string | undefined {
  const main = transports.mainOf(platform);
  if (!main || channels.includes(main.name)) return undefined;
  const reason = `the app has no ${main.name} credential`;
  const other = transports.reaching(platform).find(({ name }) => channels.includes(name));
  return other ? `${reason}: only ${DEVICES[platform]} registered with ${other.title} are reached` : reason;
}

function whyNothing({ notification, message }: Message, platform: Platform): string {
  if (platform !== 'web') return `the request holds nothing for ${platform}`;
  if (notification && message) return 'browsers get no notification together with a message';
  if (notification && alertFor(notification, 'web') !== undefined) {
    return 'browsers need a url: the request and the app name none';
  }
  return 'the request holds nothing for web';
}
