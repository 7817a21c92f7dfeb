// POSTs to hosts that strangers name, over connections that stay open: HTTP/2 where the host speaks it, else HTTP/1.1.

import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type Agent, type buildConnector, request } from 'undici';
import { Http2Connection, type PostAnswer, UnsentError } from './http2-connection.ts';
import { type SafeConnectOptions, safeConnector, safeDispatcher } from './safe-connect.ts';

export type { PostAnswer } from './http2-connection.ts';

/** To one host, when it limits the requests that one connection takes at once. */
const MAX_CONNECTIONS = 8;
const MAX_ATTEMPTS = 3;
const DEFAULT_TIMEOUT_MS = 10_000;
/** A host without HTTP/2 is asked again after this long. */
const HTTP1_FOR_MS = 3_600_000;
/** Names come from strangers: what is remembered of them must not grow without end. */
const MAX_HTTP1_HOSTS = 1_000;

export class PostPool {
  readonly #connect: buildConnector.connector;
  readonly #http1: Agent;
  readonly #http1Until = new Map<string, number>();
  readonly #connections = new Map<string, Http2Connection[]>();
  readonly #opening = new Map<string, Promise<Http2Connection | undefined>>();
  #closed = false;

  constructor(options: SafeConnectOptions = {}) {
    this.#connect = safeConnector({ ...options, http2: true });
    this.#http1 = safeDispatcher({ ...options, http2: false });
  }

  /**
   * The answer, whatever its status; a redirect is returned as the 3xx it is. Throws `BlockedAddressError` when the
   * host is not public, network errors with their `code`, and ETIMEDOUT after `timeoutMs`.
   */
  async post(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: string | Uint8Array,
    timeoutMs = DEFAULT_TIMEOUT_MS,
  ): Promise<PostAnswer> {
    const { origin, pathname, search } = url;
    for (let attempt = 1; ; attempt += 1) {
      const connection = this.#ready(origin) ?? (await this.#open(origin));
      if (!connection) return this.#postHttp1(url, headers, body, timeoutMs);
      try {
        return await connection.post(pathname + search, headers, body, timeoutMs);
      } catch (error) {
        if (!(error instanceof UnsentError) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** Lets requests under way end. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const connection of [...this.#connections.values()].flat()) connection.leave();
    await this.#http1.close();
  }

  /** The least busy connection. While all are full, another one is being opened for later requests. */
  #ready(origin: string): Http2Connection | undefined {
    const all = this.#connections.get(origin);
    if (!all) return undefined;
    let best: Http2Connection | undefined;
    for (const each of all) {
      if (each.usable && (!best || each.room > best.room)) best = each;
    }
    if (best && best.room <= 0 && all.length < MAX_CONNECTIONS) this.#open(origin).catch(() => undefined);
    return best;
  }

  /** Undefined when the host speaks no HTTP/2. Callers that ask at the same time share one attempt. */
  #open(origin: string): Promise<Http2Connection | undefined> {
    if (this.#closed) return Promise.reject(new UnsentError('The pool is closed'));
    if (!origin.startsWith('https:') || (this.#http1Until.get(origin) ?? 0) > Date.now()) {
      return Promise.resolve(undefined);
    }
    const opening = this.#opening.get(origin) ?? this.#negotiate(origin).finally(() => this.#opening.delete(origin));
    this.#opening.set(origin, opening);
    return opening;
  }

  async #negotiate(origin: string): Promise<Http2Connection | undefined> {
    const socket = await this.#dial(origin);
    if ((socket as TLSSocket).alpnProtocol !== 'h2') {
      socket.destroy();
      const [oldest] = this.#http1Until.size >= MAX_HTTP1_HOSTS ? this.#http1Until.keys() : [];
      if (oldest !== undefined) this.#http1Until.delete(oldest);
      this.#http1Until.set(origin, Date.now() + HTTP1_FOR_MS);
      return undefined;
    }
    const connection = new Http2Connection(origin, socket, () => this.#forget(origin, connection));
    this.#connections.set(origin, [...(this.#connections.get(origin) ?? []), connection]);
    if (this.#closed) connection.leave();
    return connection;
  }

  #forget(origin: string, connection: Http2Connection): void {
    const others = this.#connections.get(origin)?.filter((each) => each !== connection) ?? [];
    if (others.length > 0) this.#connections.set(origin, others);
    else this.#connections.delete(origin);
  }

  #dial(origin: string): Promise<Socket> {
    const { protocol, hostname, host, port } = new URL(origin);
    return new Promise((resolve, reject) => {
      this.#connect({ protocol, hostname, host, port }, (error, socket) => {
        if (socket) resolve(socket);
        else reject(error);
      });
    });
  }

  async #postHttp1(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: string | Uint8Array,
    timeoutMs: number,
  ): Promise<PostAnswer> {
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await request(url, { dispatcher: this.#http1, method: 'POST', headers, body, signal });
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
  }
}
