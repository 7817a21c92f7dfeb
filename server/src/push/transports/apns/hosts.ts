// Apple's two hosts: one for apps of the App Store and TestFlight, one for those that a developer built for.

import type { PostPool } from '../../../net/post-pool.ts';
import type { Target } from '../../audience/targets.ts';
import { networkOutcome, type Outcome } from '../outcome.ts';
import { ProviderAuthError } from '../provider-auth-error.ts';
import type { Sent } from '../transport.ts';
import type { ApnsCredential } from './credential.ts';
import { type ApnsRequest, sendApns } from './send.ts';

/** The host to ask first, and the other one. An app that was built another way than it says has a token of the other. */
export function appleHosts(
  { production_url, sandbox_url }: ApnsCredential,
  { apns_production = true, apns_other_host = false }: Pick<Target, 'apns_production' | 'apns_other_host'>,
): readonly [string, string] {
  const inProduction = apns_production !== apns_other_host;
  return inProduction ? [production_url, sandbox_url] : [sandbox_url, production_url];
}

interface Apple {
  readonly pool: PostPool;
  /** `renew` makes a new token unless the present one is younger than Apple allows. */
  token(renew: boolean): Promise<string>;
}

/** To the host that the phone named, and to the other one when that does not know its token: it is asked there first from then on. */
export async function sendToEither(
  apple: Apple,
  credential: ApnsCredential,
  target: Target,
  request: ApnsRequest,
): Promise<Sent> {
  const [first, second] = appleHosts(credential, target);
  const outcome = await sendOnce(apple, first, request);
  const unknown = outcome.class === 'refused' && outcome.reason === 'BadDeviceToken';
  if (!unknown || first === second) return { outcome };
  const other = await sendOnce(apple, second, request);
  // Only success says more than the first answer.
  if (other.class !== 'ok') return { outcome };
  return { outcome: other, learned: { apns_other_host: target.apns_other_host !== true } };
}

/** Never throws. A provider token that ran out is renewed once. */
async function sendOnce(apple: Apple, host: string, request: ApnsRequest): Promise<Outcome> {
  try {
    const first = await sendApns(apple.pool, host, request, await apple.token(false));
    if (first.class !== 'auth' || first.reason !== 'ExpiredProviderToken') return first;
    return await sendApns(apple.pool, host, request, await apple.token(true));
  } catch (error) {
    if (error instanceof ProviderAuthError) return { class: 'auth', code: 403, reason: error.message };
    // The token is shared by way of the database: that this is away says nothing about the key.
    return networkOutcome(error);
  }
}
