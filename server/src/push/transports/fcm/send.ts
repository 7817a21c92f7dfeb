// Delivers through Firebase Cloud Messaging, HTTP v1 API.

import type { PostPool } from '../../../net/post-pool.ts';
import { isObject } from '../../fields.ts';
import { networkOutcome, type Outcome, retryAfterMs, withRetryAfter } from '../outcome.ts';
import { ProviderAuthError } from '../provider-auth-error.ts';
import { parseAnswer } from './answer.ts';
import type { FcmMessage } from './payload.ts';

interface FcmProject {
  readonly pool: PostPool;
  /** `https://fcm.googleapis.com`, or a relay. */
  readonly baseUrl: string;
  readonly projectId: string;
  /** The access token; `renew` makes a new one whatever the age of the old. */
  accessToken(renew: boolean): Promise<string>;
}

const TIMEOUT_MS = 15_000;
/** FCM asks for a minute when it names no time itself. */
const DEFAULT_THROTTLE_MS = 60_000;

/** Sends once; after a refused token once more with a new one. Never throws. */
export async function sendFcm(project: FcmProject, token: string, message: FcmMessage): Promise<Outcome> {
  try {
    const first = await attempt(project, await project.accessToken(false), token, message);
    if (!first.staleToken) return first.outcome;
    return (await attempt(project, await project.accessToken(true), token, message)).outcome;
  } catch (error) {
    if (error instanceof ProviderAuthError) return { class: 'auth', code: 401, reason: error.message };
    return networkOutcome(error);
  }
}

interface Attempt {
  readonly outcome: Outcome;
  /** The service did not accept our access token. */
  readonly staleToken: boolean;
}

async function attempt(project: FcmProject, access: string, token: string, message: FcmMessage): Promise<Attempt> {
  const answer = await project.pool.post(
    new URL(`${project.baseUrl}/v1/projects/${encodeURIComponent(project.projectId)}/messages:send`),
    { authorization: `Bearer ${access}`, 'content-type': 'application/json' },
    JSON.stringify({ message: { token, ...message } }),
    TIMEOUT_MS,
  );
  const body = parseAnswer(answer.body);
  if (answer.status === 200) {
    const id = typeof body.name === 'string' ? body.name : undefined;
    return { outcome: { class: 'ok', id }, staleToken: false };
  }
  const waitMs = retryAfterMs(answer.headers['retry-after'], Date.now());
  return classify(answer.status, body, waitMs);
}

function classify(status: number, body: Record<string, unknown>, waitMs: number | undefined): Attempt {
  const error = isObject(body.error) ? body.error : {};
  const detail = fcmDetail(error);
  const name = detail ?? String(error.status ?? `HTTP ${status}`);
  const reason = `${name}: ${String(error.message ?? '')}`.slice(0, 200);
  const plain = (kind: 'gone' | 'payload' | 'auth'): Attempt => ({
    outcome: { class: kind, code: status, reason },
    staleToken: kind === 'auth' && status === 401 && detail === undefined,
  });
  const later = (kind: 'throttle' | 'transient', ms = waitMs): Attempt => ({
    outcome: withRetryAfter(kind, status, reason, ms),
    staleToken: false,
  });
  const refused = (lasting: boolean): Attempt => ({
    outcome: { class: 'refused', code: status, reason, lasting },
    staleToken: false,
  });
  if (name === 'UNREGISTERED') return plain('gone');
  if (name === 'SENDER_ID_MISMATCH') return refused(true);
  // The account that Firebase keeps for the token's platform; tokens of several platforms come as Android's.
  if (name === 'THIRD_PARTY_AUTH_ERROR') return refused(false);
  if (name === 'INVALID_ARGUMENT') return plain(detail && /registration token/i.test(reason) ? 'gone' : 'payload');
  if (name === 'QUOTA_EXCEEDED' || status === 429) return later('throttle', waitMs ?? DEFAULT_THROTTLE_MS);
  if (status === 401 || status === 403) return plain('auth');
  // 404 without FCM's own detail speaks of the project, not of the device.
  if (status === 404) return plain('auth');
  if (status >= 500 || status < 400 || name === 'UNSPECIFIED_ERROR') return later('transient');
  return plain('payload');
}

function fcmDetail(error: Record<string, unknown>): string | undefined {
  const details = Array.isArray(error.details) ? error.details : [];
  const found = details.find((each) => isObject(each) && String(each['@type']).endsWith('.FcmError'));
  return isObject(found) && typeof found.errorCode === 'string' ? found.errorCode : undefined;
}
