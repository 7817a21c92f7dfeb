// What browsers and phones send to be reachable: who they are, and where the transport of their choice reaches them.

import { browserOf } from '../../../push/audience/buckets.ts';
import type { Registration } from '../../../push/audience/registration.ts';
import { Fields, type JsonObject } from '../../../push/fields.ts';
import type { PushApp } from '../../../push/owner/apps.ts';
import { PLATFORMS } from '../../../push/platforms.ts';
import { refuse } from '../../../push/refusals.ts';
import type { PushRoom } from '../../../push/room.ts';
import type { DeviceFacts } from '../../../push/transports/device-facts.ts';
import type { Address, Transport } from '../../../push/transports/transport.ts';

/** The channel under which an iPhone adds its token for calls. */
export const VOIP_CHANNEL = 'apns-voip';

/** The transport to browsers and the app's credential for it. Throws when the app has none. */
export async function getBrowserTransport(room: PushRoom, { app_id }: PushApp) {
  const transport = room.transports.mainOf('web');
  const open = transport && (await room.providers.find(app_id, transport.name));
  if (!open) throw refuse('field_invalid', 'the app has no Web Push credential');
  return { transport, credential: open.credential, publicKey: transport.publicKey?.(open.credential) ?? '' };
}

/** A browser's subscription. */
export function parseWebRegistration(
  { allowPrivate }: PushRoom,
  { transport, credential }: { readonly transport: Transport; readonly credential: unknown },
  input: JsonObject,
  userAgent: string,
): Registration {
  const fields = new Fields(input, '');
  const address = transport.readAddress(fields, allowPrivate, credential);
  const browser = fields.text('browser', 50)?.toLowerCase() ?? browserOf(userAgent);
  return {
    platform: 'web',
    channel: transport.name,
    address,
    facts: { ...readFacts(fields, userAgent), browser },
  };
}

/** A phone's provider token. */
export function parseAppRegistration(
  { transports, allowPrivate }: PushRoom,
  input: JsonObject,
  userAgent: string,
): Registration {
  const fields = new Fields(input, '');
  const toPhones = transports.list.filter(({ platforms }) => platforms.some((platform) => platform !== 'web'));
  const phones = PLATFORMS.filter((each) =>
    toPhones.some(({ platforms }) => each !== 'web' && platforms.includes(each)),
  );
  const platform = fields.oneOf('platform', phones);
  const channel = fields.oneOf(
    'channel',
    toPhones.map(({ name }) => name),
  );
  if (!platform) throw refuse('field_missing', 'platform');
  if (!channel) throw refuse('field_missing', 'channel');
  const transport = transports.get(channel);
  if (!transport.platforms.includes(platform)) {
    throw refuse('field_invalid', `channel ${channel} is for ${transport.platforms.join(' and ')} only`);
  }
  return {
    platform,
    channel,
    address: transport.readAddress(fields, allowPrivate, undefined),
    facts: {
      ...readFacts(fields, userAgent),
      bundle_id: fields.text('bundle_id', 255) ?? null,
      app_version: fields.text('app_version', 100) ?? null,
    },
  };
}

/** A further token of an iPhone. */
export function parseIphoneToken({ transports, allowPrivate }: PushRoom, input: JsonObject): Address {
  const transport = transports.mainOf('ios');
  if (!transport) throw refuse('field_invalid', 'iPhones cannot be reached');
  return transport.readAddress(new Fields(input, ''), allowPrivate, undefined);
}

/** Undefined `address`: the activity has ended on this phone. */
export function parseLiveActivityToken(
  room: PushRoom,
  input: JsonObject,
): { readonly live_activity_id: string; readonly address: Address | undefined } {
  const fields = new Fields(input, '');
  const live_activity_id = fields.text('live_activity_id', 255);
  if (!live_activity_id) throw refuse('field_missing', 'live_activity_id');
  const action = fields.oneOf('action', ['register', 'end']) ?? 'register';
  return { live_activity_id, address: action === 'end' ? undefined : parseIphoneToken(room, input) };
}

function readFacts(fields: Fields, userAgent: string): DeviceFacts {
  return {
    // As the live-update side writes it: some plugins of iOS spell theirs in capitals.
    device_id: fields.text('device_id', 255)?.toLowerCase() ?? null,
    user_str: fields.text('user_str', 128) ?? null,
    language: fields.text('language', 50) ?? null,
    timezone: readTimezone(fields),
    os: fields.text('os', 100) ?? null,
    user_agent: (fields.text('user_agent', 1024) ?? userAgent).slice(0, 512) || null,
  };
}

function readTimezone(fields: Fields): string | null {
  const zone = fields.text('timezone', 100);
  if (!zone) return null;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch {
    return null;
  }
}
