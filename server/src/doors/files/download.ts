// GET and HEAD /files/get/<app uuid>/<sha256>/<name>?e=…&s=…: bytes for whoever holds a signed URL.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type BlobDriver, type BlobRead, type ByteRange, objectKey } from '../../blobs/driver.ts';
import { verifyDownload } from '../../blobs/signed-url.ts';
import { AppError } from '../../errors.ts';
import type { Bandwidth } from '../../stats/bandwidth.ts';
import type { Parts } from '../../wiring.ts';
import { addRoute } from '../route.ts';
import { isKnown, isRangeWanted, parseRange } from './range.ts';

interface Asked {
  Params: { app_uuid: string; sha256: string; '*': string };
  Querystring: { e?: unknown; s?: unknown };
}
type Request = FastifyRequest<Asked>;

type DownloadParts = Pick<Parts, 'bandwidth' | 'blobs' | 'config'>;

export function downloadRoutes(door: FastifyInstance, { bandwidth, blobs, config }: DownloadParts): void {
  const shared = {
    url: '/get/:app_uuid/:sha256/*',
    auth: 'signed-url',
    admit: async (request: FastifyRequest) => assertSigned(request as Request, config.secret),
  };
  // Before GET, for which Fastify would make a HEAD that reads the whole file and throws it away.
  addRoute(door, {
    ...shared,
    method: 'HEAD',
    run: (request, reply) => sendFacts(request as Request, reply, blobs),
  });
  addRoute(door, {
    ...shared,
    method: 'GET',
    run(request, reply) {
      countBytes(request as Request, reply, bandwidth);
      return sendFile(request as Request, reply, blobs);
    },
  });
}

function assertSigned({ params, query }: Request, secret: string): void {
  const { app_uuid: appUuid, sha256 } = params;
  const asked = { secret, appUuid, sha256, expires: query.e, signature: query.s, nowMs: Date.now() };
  const verdict = verifyDownload(asked);
  if (verdict === 'wrong') throw new AppError('invalid_signature', 403, 'This URL was not made by this server');
  if (verdict === 'expired') throw new AppError('url_expired', 403, 'This URL is too old, check for updates again');
}

/** Counts what went out on the connection, headers included, whether or not the client stayed to the end. */
function countBytes({ params, socket }: Request, { raw }: FastifyReply, bandwidth: Bandwidth): void {
  const before = socket.bytesWritten;
  raw.once('close', () => {
    const sent = socket.bytesWritten - before;
    if (sent > 0) bandwidth.count(params.app_uuid, sent, Date.now());
  });
}

async function sendFacts(request: Request, reply: FastifyReply, blobs: BlobDriver): Promise<FastifyReply> {
  if (isKnownBytes(request)) return sendUnchanged(request, reply);
  const size = await getSize(blobs, keyOf(request));
  return describe(request, reply).header('content-length', size).send();
}

async function sendFile(request: Request, reply: FastifyReply, blobs: BlobDriver): Promise<FastifyReply> {
  if (isKnownBytes(request)) return sendUnchanged(request, reply);
  const key = keyOf(request);
  const { range: wanted, 'if-range': ifRange } = request.headers;
  // Only a range must know the size beforehand; a whole file is one call to the store.
  if (wanted === undefined || !isRangeWanted(ifRange, etagOf(request))) return sendWhole(request, reply, blobs);
  const size = await getSize(blobs, key);
  const range = parseRange(wanted, size);
  if (range === 'whole') return sendWhole(request, reply, blobs);
  if (range === 'unsatisfiable') return refuseRange(reply, size);
  const { stream } = await getBlob(blobs, key, range);
  const { start, end } = range;
  describe(request, reply).code(206).header('content-range', `bytes ${start}-${end}/${size}`);
  return reply.header('content-length', end - start + 1).send(stream);
}

async function sendWhole(request: Request, reply: FastifyReply, blobs: BlobDriver): Promise<FastifyReply> {
  const { size, stream } = await getBlob(blobs, keyOf(request));
  return describe(request, reply).header('content-length', size).send(stream);
}

const keyOf = ({ params }: Request) => objectKey(params.app_uuid, params.sha256);
const etagOf = ({ params }: Request) => `"${params.sha256}"`;
const isKnownBytes = (request: Request) => isKnown(request.headers['if-none-match'], etagOf(request));

const fileNotFound = () => new AppError('file_not_found', 404, 'The server does not have this file');

async function getSize(blobs: BlobDriver, key: string): Promise<number> {
  const found = await blobs.stat(key);
  if (found === undefined) throw fileNotFound();
  return found.size;
}

async function getBlob(blobs: BlobDriver, key: string, range?: ByteRange): Promise<BlobRead> {
  const found = await blobs.read(key, range);
  if (found === undefined) throw fileNotFound();
  return found;
}

/** Content-addressed: what a URL names never changes. */
function cacheable(request: Request, reply: FastifyReply): FastifyReply {
  // `no-transform`, and no content encoding ever: devices hash what they receive, and a `.br` file is meant to stay one.
  return reply.headers({
    'cache-control': 'public, max-age=31536000, immutable, no-transform',
    etag: etagOf(request),
  });
}

const sendUnchanged = (request: Request, reply: FastifyReply) => cacheable(request, reply).code(304).send();

function describe(request: Request, reply: FastifyReply): FastifyReply {
  const isZip = request.params['*'].endsWith('.zip');
  // Never a type that a browser would show: uploads must not become pages of this origin.
  const headers = { 'accept-ranges': 'bytes', 'x-content-type-options': 'nosniff' };
  return cacheable(request, reply)
    .headers(headers)
    .type(isZip ? 'application/zip' : 'application/octet-stream');
}

// The delta downloader takes this answer to a range that begins at the end as "I have all of it".
function refuseRange(reply: FastifyReply, size: number): FastifyReply {
  const message = `The file has ${size} bytes`;
  const body = { error: 'range_not_satisfiable', message, status: 'KO', moreInfo: { size } };
  const headers = { 'content-range': `bytes */${size}`, 'cache-control': 'no-store' };
  return reply.code(416).headers(headers).send(body);
}
