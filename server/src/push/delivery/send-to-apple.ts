// One notification to Apple: to the host that the phone named, or to the other one when that does not know its token.

import type { Target } from '../audience/targets.ts';
import { type ApnsRequest, sendApns } from '../transports/apns.ts';
import type { Outcome } from '../transports/outcome.ts';
import type { ApnsSender } from './providers.ts';

/** The host to ask first, and the other one. An app that was built another way than it says has a token of the other. */
export function appleHosts(
  { credential }: ApnsSender,
  { apns_production, apns_other_host }: Pick<Target, 'apns_production' | 'apns_other_host'>,
): readonly [string, string] {
  const { production_url, sandbox_url } = credential;
  const inProduction = apns_production !== apns_other_host;
  return inProduction ? [production_url, sandbox_url] : [sandbox_url, production_url];
}

interface Sent {
  readonly outcome: Outcome;
  /** The second host took it. */
  readonly otherHost: boolean;
}

export async function sendToApple(
  sender: ApnsSender,
  [first, second]: readonly [string, string],
  request: ApnsRequest,
): Promise<Sent> {
  const outcome = await sendOnce(sender, first, request);
  const unknown = outcome.class === 'refused' && outcome.reason === 'BadDeviceToken';
  if (!unknown || first === second) return { outcome, otherHost: false };
  const other = await sendOnce(sender, second, request);
  // Only success says more than the first answer.
  return other.class === 'ok' ? { outcome: other, otherHost: true } : { outcome, otherHost: false };
}

/** Never throws. A provider token that ran out is renewed once. */
async function sendOnce(sender: ApnsSender, host: string, request: ApnsRequest): Promise<Outcome> {
  try {
    const first = await sendApns(sender.pool, host, request, await sender.token(false));
    if (first.class !== 'auth' || first.reason !== 'ExpiredProviderToken') return first;
    return await sendApns(sender.pool, host, request, await sender.token(true));
  } catch (error) {
    return { class: 'auth', code: 403, reason: error instanceof Error ? error.message : 'the .p8 key is unusable' };
  }
}
