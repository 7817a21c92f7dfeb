// What an iPhone gets through FCM: the payload that Apple defines, inside FCM's message. FCM sets the topic itself.

import type { JsonObject } from '../../fields.ts';
import type { PayloadContext } from '../../message/content.ts';
import type { Kind } from '../../message/message.ts';
import { type ApnsMessage, apnsPayload, withBadge } from '../apns/payload.ts';
import { asData, type FcmMessage } from './payload.ts';

interface IphonePayload {
  readonly apns: ApnsMessage;
  readonly data: Record<string, string>;
}

export function iphonePayload(context: PayloadContext, kind: Kind): IphonePayload {
  const extras = kind === 'message' ? context.message.message?.extras : undefined;
  return { apns: apnsPayload(context, kind), data: asData(extras, 'body.message.extras') };
}

interface PerPhone {
  /** Unix seconds. */
  readonly expiration: number;
  readonly badge: number | undefined;
  /** What Apple gave the phone for a live activity. */
  readonly activityToken: string | undefined;
}

export function iphoneMessage(
  { apns, data }: IphonePayload,
  { expiration, badge, activityToken }: PerPhone,
): FcmMessage {
  const { pushType, priority, collapseId, payload } = withBadge(apns, badge);
  const headers: JsonObject = {
    'apns-push-type': pushType,
    'apns-priority': String(priority),
    'apns-expiration': String(expiration),
    ...(collapseId !== undefined && { 'apns-collapse-id': collapseId }),
  };
  return {
    data,
    apns: { headers, payload, ...(activityToken !== undefined && { live_activity_token: activityToken }) },
  };
}
