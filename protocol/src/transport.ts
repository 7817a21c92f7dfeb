// How the client speaks HTTP: JSON and streams out, answers and errors back.
import type { UploadKind } from './files.ts';

/** The server answered with an error. `code` is for machines, `message` for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly moreInfo: Record<string, unknown>;
  /** What was asked for, for example `DELETE /app/com.example.app`. */
  request = '';
  /** The name that the server gave the request; its log has it too. */
  requestId: string | undefined;
  constructor(status: number, code: string, message: string, moreInfo: Record<string, unknown>) {
    super(message);
    this.status = status;
    this.code = code;
    this.moreInfo = moreInfo;
  }
}

/** No answer came: refused, unknown host, broken connection. `cause` has the reason. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}

export interface ClientOptions {
  /** Origin of the server, with or without a path prefix and trailing slash. */
  server: string;
  /** Absent in a page of the server: its session counts then. */
  apiKey?: string;
  fetch?: typeof fetch;
  /** Sent as User-Agent where the platform allows it. */
  userAgent?: string;
}

export interface UploadOptions {
  app_id: string;
  kind: UploadKind;
  /** 64 hex of the bytes sent. */
  sha256: string;
  /** Bytes in `body`; needed for streams, so that a truncated upload is noticed. */
  size: number;
  body: Uint8Array | AsyncIterable<Uint8Array>;
  /** Called with the number of bytes handed to the network so far. */
  onProgress?: (sentBytes: number) => void;
  signal?: AbortSignal;
}

type Query = Record<string, string | number | boolean | null | undefined>;
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Input {
  query?: object;
  body?: unknown;
  /** Beside those of every call. */
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

export interface Sender {
  json: <T>(method: Method, path: string, input?: Input) => Promise<T>;
  bytes: <T>(method: Method, path: string, upload: UploadOptions) => Promise<T>;
}

/** Joins what all calls share: origin, key, errors. */
export function createSender(options: ClientOptions): Sender {
  const origin = options.server.replace(/\/+$/, '');
  const call = options.fetch ?? fetch;
  const identity: Record<string, string> = options.apiKey === undefined ? {} : { 'x-api-key': options.apiKey };
  if (options.userAgent !== undefined) identity['user-agent'] = options.userAgent;

  async function exchange<T>(method: Method, path: string, query: object | undefined, init: RequestInit): Promise<T> {
    const url = `${origin}${path}${queryString(query as Query | undefined)}`;
    let requestId: string | undefined;
    try {
      const response = await call(url, { ...init, method });
      requestId = response.headers.get('x-request-id') ?? undefined;
      const text = await response.text();
      return readAnswer<T>(response, text);
    } catch (error) {
      if (error instanceof ApiError) throw Object.assign(error, { request: `${method} ${path}`, requestId });
      if (init.signal?.aborted) throw error;
      throw new NetworkError(`No answer from ${origin}`, { cause: error });
    }
  }

  return {
    json: (method, path, { query, body, headers, signal } = {}) =>
      exchange(method, path, query, {
        headers: { ...identity, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      }),
    bytes: (method, path, { app_id, kind, sha256, size, body, onProgress, signal }) =>
      exchange(method, path, { app_id, kind, sha256 }, {
        headers: { ...identity, 'content-type': 'application/octet-stream', 'content-length': String(size) },
        body: countedStream(body, onProgress),
        // Without "half" fetch refuses a body that is a stream.
        duplex: 'half',
        ...(signal === undefined ? {} : { signal }),
      } as RequestInit),
  };
}

function queryString(query: Query | undefined): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null) given.set(name, String(value));
  }
  return given.size === 0 ? '' : `?${given}`;
}

function readAnswer<T>(response: Response, text: string): T {
  const { status } = response;
  const body = parseJson(text);
  if (status >= 200 && status < 300 && body !== undefined) return body as T;
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  if (!isOurs(fields)) throw foreignAnswer(response, text);
  // On `/app` the code stands in `code` and `error` is a sentence; elsewhere `error` is the code.
  const code = firstString(fields.code, fields.error) ?? 'unexpected_answer';
  const message = firstString(fields.message, fields.error) ?? `The server answered ${status}`;
  const moreInfo = fields.moreInfo;
  throw new ApiError(status, code, message, typeof moreInfo === 'object' && moreInfo !== null ? { ...moreInfo } : {});
}

/** Every error of the management and files doors says so; what stands in front of a server has other words. */
const isOurs = (fields: Record<string, unknown>) => fields.status === 'KO' && typeof fields.error === 'string';

/** What sent an answer that is not the server's. */
export interface ForeignSender {
  /** Its `Server` header. */
  server: string | null;
  /** The title or the first words of what it sent. */
  said: string;
}

/** An answer of a proxy, a firewall or another program: `moreInfo.foreign` has a `ForeignSender`. */
export function foreignAnswer({ status, headers }: Response, text: string): ApiError {
  const foreign: ForeignSender = { server: headers.get('server'), said: firstWords(text) };
  const message = `The server answered ${status} with a body that is not its own`;
  return new ApiError(status, 'unexpected_answer', message, { foreign });
}

function firstWords(text: string): string {
  const title = /<title[^>]*>(.*?)<\/title>/is.exec(text)?.[1];
  const plain = (title ?? text.replace(/<(style|script).*?<\/\1>/gis, ' ').replace(/<[^>]*>/g, ' ')).replace(
    /\s+/g,
    ' ',
  );
  return plain.trim().slice(0, 120);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const firstString = (...values: unknown[]) => values.find((value): value is string => typeof value === 'string');

const CHUNK_BYTES = 64 * 1024;

function countedStream(
  body: UploadOptions['body'],
  onProgress: UploadOptions['onProgress'],
): ReadableStream<Uint8Array> {
  const source = (body instanceof Uint8Array ? slices(body) : body)[Symbol.asyncIterator]();
  let sent = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await source.next();
        if (done) return controller.close();
        controller.enqueue(value);
        sent += value.byteLength;
        onProgress?.(sent);
      },
      async cancel() {
        await source.return?.();
      },
    },
    { highWaterMark: 1 },
  );
}

async function* slices(bytes: Uint8Array) {
  for (let start = 0; start < bytes.byteLength; start += CHUNK_BYTES) yield bytes.subarray(start, start + CHUNK_BYTES);
}
