// One HTTP/2 connection to a host: many POSTs side by side, each with a deadline of its own.

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';

export interface PostAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The host did not begin to work on the request, so sending it again repeats nothing. */
export class UnsentError extends Error {
  override readonly name = 'UnsentError';
  readonly code = 'ERR_UNSENT';
}

/** A longer answer is an error: no push service or callback has that much to say. */
const MAX_ANSWER_BYTES = 16 * 1024;

const WATCH_INTERVAL_MS = 1_000;
/** Finds out about connections that a firewall forgot, before a message is lost in one. */
const PING_INTERVAL_MS = 60_000;
const IDLE_MS = 10 * 60_000;

interface UnderWay {
  readonly stream: ClientHttp2Stream;
  readonly deadlineMs: number;
}

export class Http2Connection {
  readonly #session: ClientHttp2Session;
  readonly #underWay = new Set<UnderWay>();
  readonly #watch: NodeJS.Timeout;
  #quietSinceMs = Date.now();
  #pingAtMs = Date.now() + PING_INTERVAL_MS;
  #pingUnanswered = false;

  /** Takes over a TLS socket on which h2 was agreed; `ended` is called once, when nothing of it is left. */
  constructor(origin: string, socket: Socket, ended: () => void) {
    const session = connect(origin, { createConnection: () => socket, settings: { enablePush: false } });
    this.#session = session;
    this.#watch = setInterval(() => this.#look(Date.now()), WATCH_INTERVAL_MS).unref();
    // Each stream hears of it too, and its caller with it.
    session.on('error', () => undefined);
    session.on('close', () => {
      clearInterval(this.#watch);
      ended();
    });
    session.unref();
  }

  /** False once the connection takes no more requests: either side may have said that it goes away. */
  get usable(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  /** How many more requests the host takes at once. */
  get room(): number {
    return (this.#session.remoteSettings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY) - this.#underWay.size;
  }

  /** Takes no more requests, ends with the last one under way. */
  leave(): void {
    if (this.usable) this.#session.close();
  }

  /** Throws `UnsentError` when the host surely did nothing, any other error when that is unknown. */
  post(
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string | Uint8Array,
    timeoutMs: number,
  ): Promise<PostAnswer> {
    return new Promise((resolve, reject) => {
      let stream: ClientHttp2Stream;
      try {
        stream = this.#session.request({ ...headers, ':method': 'POST', ':path': path });
      } catch (cause) {
        this.leave();
        reject(new UnsentError('The connection had ended', { cause }));
        return;
      }
      const entry = { stream, deadlineMs: Date.now() + timeoutMs };
      this.#underWay.add(entry);
      const ended = () => {
        this.#underWay.delete(entry);
        this.#quietSinceMs = Date.now();
      };
      collect(stream, ended, resolve, reject);
      stream.end(body);
    });
  }

  #look(nowMs: number): void {
    for (const { stream, deadlineMs } of this.#underWay) {
      if (nowMs < deadlineMs) continue;
      stream.destroy(Object.assign(new Error('No answer in time'), { code: 'ETIMEDOUT' }));
      // A connection that missed one answer may be dead: the next request opens another.
      this.leave();
    }
    if (this.#underWay.size === 0 && nowMs - this.#quietSinceMs > IDLE_MS) this.leave();
    if (nowMs < this.#pingAtMs || !this.usable) return;
    if (this.#pingUnanswered) {
      this.#session.destroy(Object.assign(new Error('The host is gone'), { code: 'ECONNRESET' }));
      return;
    }
    this.#pingAtMs = nowMs + PING_INTERVAL_MS;
    this.#pingUnanswered = true;
    this.#session.ping(() => {
      this.#pingUnanswered = false;
    });
  }
}

function collect(
  stream: ClientHttp2Stream,
  ended: () => void,
  resolve: (answer: PostAnswer) => void,
  reject: (error: Error) => void,
): void {
  let headers: IncomingHttpHeaders | undefined;
  let failure: Error | undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('response', (head) => {
    headers = head;
  });
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) stream.destroy(new Error(`The answer is longer than ${MAX_ANSWER_BYTES} bytes`));
    else chunks.push(chunk);
  });
  stream.on('error', (error) => {
    failure = error;
  });
  stream.on('close', () => {
    ended();
    const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
    if (refused) return reject(new UnsentError('The host refused the request unseen', { cause: failure }));
    if (failure) return reject(failure);
    if (!headers) return reject(Object.assign(new Error('The connection ended'), { code: 'ECONNRESET' }));
    const body = chunks.length === 0 ? '' : Buffer.concat(chunks).toString('utf8');
    resolve({ status: Number(headers[':status']), headers, body });
  });
}
