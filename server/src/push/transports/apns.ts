// Delivers through Apple's push service: HTTP/2 connections that stay open, provider tokens that are reused.

import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { isIP } from 'node:net';
import { importPKCS8, SignJWT } from 'jose';
import { BlockedAddressError, isPublicAddress, publicLookup } from '../../net/safe-connect.ts';
import { ProviderAuthError } from './fcm.ts';
import { networkOutcome, type Outcome, retryAfterMs, withRetryAfter } from './outcome.ts';

export interface ApnsKey {
  /** PKCS#8 PEM, the content of the .p8 file. */
  readonly p8: string;
  readonly key_id: string;
  readonly team_id: string;
}

export interface ApnsRequest {
  readonly deviceToken: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ApnsConnectionOptions {
  readonly allowPrivate: boolean;
  readonly ca?: string | undefined;
}

const TIMEOUT_MS = 15_000;
const PING_INTERVAL_MS = 60_000;
const THROTTLE_MS = 5_000;

/** A provider token. Apple accepts it for an hour and punishes more than one in 20 minutes. */
export async function signProviderToken(key: ApnsKey): Promise<string> {
  const privateKey = await importPKCS8(key.p8, 'ES256').catch((cause: unknown) => {
    throw new ProviderAuthError('the .p8 key is unreadable', { cause });
  });
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: key.key_id })
    .setIssuer(key.team_id)
    .setIssuedAt()
    .sign(privateKey);
}

/** One connection to one of Apple's hosts, opened when needed and replaced when it ends. */
export class ApnsConnection {
  readonly #url: string;
  readonly #options: ApnsConnectionOptions;
  #session: ClientHttp2Session | undefined;

  constructor(url: string, options: ApnsConnectionOptions) {
    this.#url = url;
    this.#options = options;
  }

  /** Never throws. A request that the connection took down with it is sent once more on a new one. */
  async send(request: ApnsRequest, providerToken: string): Promise<Outcome> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(request, providerToken);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? '';
        const lost = code.startsWith('ERR_HTTP2') || code === 'ECONNRESET' || code === 'EPIPE';
        if (!lost || attempt === 2) return networkOutcome(error);
      }
    }
  }

  close(): void {
    this.#session?.close();
    this.#session = undefined;
  }

  #attempt(request: ApnsRequest, providerToken: string): Promise<Outcome> {
    const stream = this.#open().request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: `/3/device/${request.deviceToken}`,
      authorization: `bearer ${providerToken}`,
      ...request.headers,
    });
    stream.end(request.body);
    return readAnswer(stream);
  }

  #open(): ClientHttp2Session {
    const open = this.#session;
    if (open && !open.closed && !open.destroyed) return open;
    const { hostname } = new URL(this.#url);
    const host = hostname.replace(/^\[|\]$/g, '');
    const { allowPrivate, ca } = this.#options;
    if (!allowPrivate && isIP(host) && !isPublicAddress(host)) throw new BlockedAddressError(host, host);
    const session = connect(this.#url, { ...(ca && { ca }), ...(!allowPrivate && { lookup: publicLookup }) });
    const ping = setInterval(() => session.ping((error) => error && session.destroy()), PING_INTERVAL_MS).unref();
    const drop = () => {
      if (this.#session === session) this.#session = undefined;
    };
    session.on('goaway', () => {
      drop();
      session.close();
    });
    session.on('error', drop);
    session.on('close', () => {
      clearInterval(ping);
      drop();
    });
    session.unref();
    this.#session = session;
    return session;
  }
}

function readAnswer(stream: ClientHttp2Stream): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let id: string | undefined;
    let waitMs: number | undefined;
    let text = '';
    stream.setEncoding('utf8');
    stream.setTimeout(TIMEOUT_MS, () => stream.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
    stream.on('response', (headers) => {
      status = Number(headers[':status']);
      id = headers['apns-id'] as string | undefined;
      waitMs = retryAfterMs(headers['retry-after'], Date.now());
    });
    stream.on('data', (chunk: string) => {
      if (text.length < 16_384) text += chunk;
    });
    stream.on('error', reject);
    stream.on('close', () => {
      if (status !== 0) return resolve(classifyApns(status, id, text, waitMs));
      reject(Object.assign(new Error('The stream ended without an answer'), { code: 'ERR_HTTP2_STREAM_ERROR' }));
    });
  });
}

const GONE = new Set(['BadDeviceToken', 'DeviceTokenNotForTopic', 'Unregistered', 'ExpiredToken']);
const AUTH = new Set(['TopicDisallowed', 'BadTopic', 'MissingTopic', 'TooManyProviderTokenUpdates']);

/** Apple's answer in our classes. A reason `ExpiredProviderToken` invites one try with a renewed token. */
export function classifyApns(status: number, id: string | undefined, text: string, waitMs?: number): Outcome {
  if (status === 200) return { class: 'ok', id };
  const { reason, timestamp } = parseReason(text, status);
  if (GONE.has(reason)) return { class: 'gone', code: status, reason, ...(timestamp && { sinceMs: timestamp }) };
  if (status === 403 || AUTH.has(reason)) return { class: 'auth', code: status, reason };
  if (status === 429) return withRetryAfter('throttle', status, reason, waitMs ?? THROTTLE_MS);
  if (status >= 500 || reason === 'IdleTimeout') return withRetryAfter('transient', status, reason, waitMs);
  return { class: 'payload', code: status, reason };
}

function parseReason(text: string, status: number): { reason: string; timestamp: number | undefined } {
  try {
    const { reason, timestamp } = JSON.parse(text) as { reason?: unknown; timestamp?: unknown };
    return {
      reason: typeof reason === 'string' ? reason : `HTTP ${status}`,
      timestamp: typeof timestamp === 'number' ? timestamp : undefined,
    };
  } catch {
    return { reason: `HTTP ${status}`, timestamp: undefined };
  }
}
