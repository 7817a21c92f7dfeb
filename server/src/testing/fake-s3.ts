// An S3-compatible store in memory, on a loopback port: as much of the protocol as the blob driver speaks.
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

interface StoredBlob {
  bytes: Buffer;
  modified: Date;
}

export interface FakeS3 {
  /** Such as `http://127.0.0.1:40123`. */
  endpoint: string;
  bucket: string;
  objects: Map<string, StoredBlob>;
  /** Multipart uploads neither completed nor aborted, by upload id. */
  unfinished: Map<string, Map<number, Buffer>>;
  /** Answers the next requests with these statuses, one each, before it works again. */
  failNext: number[];
  close(): Promise<void>;
}

/** Keys per page of a listing: few, so that every test meets several pages. */
const PAGE_SIZE = 3;

export async function startFakeS3(bucket = 'bundles'): Promise<FakeS3> {
  const state = { bucket, objects: new Map(), unfinished: new Map(), failNext: [] };
  const server = createServer((request, response) => {
    answer(state, request, response).catch((error) => sendError(response, 500, 'InternalError', String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    endpoint: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

type State = Pick<FakeS3, 'bucket' | 'objects' | 'unfinished' | 'failNext'>;

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<ServerResponse> {
  const failure = state.failNext.shift();
  if (failure !== undefined) return sendError(response, failure, 'SlowDown', 'As the test asked');
  if (!/^AWS4-HMAC-SHA256 Credential=\S+, SignedHeaders=\S+, Signature=[0-9a-f]{64}$/.test(signatureOf(request))) {
    return sendError(response, 403, 'AccessDenied', 'The request is not signed');
  }
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://s3');
  const [, bucket, ...segments] = pathname.split('/').map(decodeURIComponent);
  if (bucket !== state.bucket) return sendError(response, 404, 'NoSuchBucket', 'No such bucket');
  const key = segments.join('/');
  if (key === '') return answerBucket(state, request, response, query);
  const uploadId = query.get('uploadId');
  if (uploadId !== null) return answerPart(state, request, response, key, query);
  switch (request.method) {
    case 'PUT':
      return putObject(state, response, key, await bodyOf(request));
    case 'POST':
      return startMultipart(state, response, key, query);
    case 'DELETE':
      state.objects.delete(key);
      return response.writeHead(204).end();
    default:
      return getObject(state, request, response, key);
  }
}

const signatureOf = (request: IncomingMessage) => request.headers.authorization ?? '';

/** Older SDKs and newer settings wrap bodies in signed chunks, which this store, like many, does not understand. */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  if (request.headers['content-encoding'] === 'aws-chunked') throw new Error('aws-chunked bodies are not understood');
  return buffer(request);
}

const etagOf = (bytes: Buffer) => `"${createHash('md5').update(bytes).digest('hex')}"`;

function putObject({ objects }: State, response: ServerResponse, key: string, bytes: Buffer): ServerResponse {
  objects.set(key, { bytes, modified: new Date() });
  return response.writeHead(200, { etag: etagOf(bytes) }).end();
}

function getObject(
  { objects }: State,
  request: IncomingMessage,
  response: ServerResponse,
  key: string,
): ServerResponse {
  const found = objects.get(key);
  if (found === undefined) return sendError(response, 404, 'NoSuchKey', 'The specified key does not exist.');
  const { bytes, modified } = found;
  const headers = { etag: etagOf(bytes), 'last-modified': modified.toUTCString(), 'accept-ranges': 'bytes' };
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const start = Number(first ?? 0);
  const end = Math.min(Number(last ?? bytes.length), bytes.length - 1);
  if (first !== undefined && start >= bytes.length) return sendError(response, 416, 'InvalidRange', 'Not satisfiable');
  const part = first === undefined ? bytes : bytes.subarray(start, end + 1);
  const range = first === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${bytes.length}` };
  response.writeHead(first === undefined ? 200 : 206, { ...headers, ...range, 'content-length': part.length });
  return response.end(request.method === 'HEAD' ? undefined : part);
}

function startMultipart(state: State, response: ServerResponse, key: string, query: URLSearchParams): ServerResponse {
  if (!query.has('uploads')) return sendError(response, 400, 'InvalidRequest', 'Unknown POST');
  const id = randomUUID();
  state.unfinished.set(id, new Map());
  return sendXml(response, 'InitiateMultipartUploadResult', `<Key>${escapeXml(key)}</Key><UploadId>${id}</UploadId>`);
}

async function answerPart(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
  key: string,
  query: URLSearchParams,
): Promise<ServerResponse> {
  const id = query.get('uploadId') ?? '';
  const parts = state.unfinished.get(id);
  if (parts === undefined) return sendError(response, 404, 'NoSuchUpload', 'No such upload');
  if (request.method === 'DELETE') {
    state.unfinished.delete(id);
    return response.writeHead(204).end();
  }
  const body = await bodyOf(request);
  if (request.method === 'PUT') {
    parts.set(Number(query.get('partNumber')), body);
    return response.writeHead(200, { etag: etagOf(body) }).end();
  }
  const numbers = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map((match) => Number(match[1]));
  const bytes = Buffer.concat(numbers.map((number) => parts.get(number) ?? Buffer.alloc(0)));
  state.unfinished.delete(id);
  state.objects.set(key, { bytes, modified: new Date() });
  return sendXml(
    response,
    'CompleteMultipartUploadResult',
    `<Key>${escapeXml(key)}</Key><ETag>${etagOf(bytes)}</ETag>`,
  );
}

function answerBucket(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): ServerResponse {
  if (request.method === 'HEAD') {
    return response.writeHead(200).end();
  }
  if (query.get('list-type') !== '2') return sendError(response, 400, 'InvalidRequest', 'Only list-type=2 is known');
  const after = query.get('continuation-token') ?? '';
  const prefix = query.get('prefix') ?? '';
  const keys = [...state.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = keys.slice(0, PAGE_SIZE);
  const isTruncated = keys.length > page.length;
  const contents = page.map((key) => {
    const { bytes, modified } = state.objects.get(key)!;
    const fields = `<LastModified>${modified.toISOString()}</LastModified><ETag>${etagOf(bytes)}</ETag>`;
    return `<Contents><Key>${escapeXml(key)}</Key>${fields}<Size>${bytes.length}</Size></Contents>`;
  });
  const next = isTruncated ? `<NextContinuationToken>${escapeXml(page.at(-1) ?? '')}</NextContinuationToken>` : '';
  const head = `<Name>${state.bucket}</Name><IsTruncated>${isTruncated}</IsTruncated>${next}`;
  return sendXml(response, 'ListBucketResult', head + contents.join(''));
}

function sendXml(response: ServerResponse, root: string, content: string): ServerResponse {
  const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';
  const xml = `<?xml version="1.0" encoding="UTF-8"?><${root} xmlns="${namespace}">${content}</${root}>`;
  return response.writeHead(200, { 'content-type': 'application/xml' }).end(xml);
}

function sendError(response: ServerResponse, status: number, code: string, message: string): ServerResponse {
  const xml = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return response.writeHead(status, { 'content-type': 'application/xml' }).end(xml);
}

const escapeXml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
