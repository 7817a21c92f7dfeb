// GET and HEAD /files/get/<app uuid>/<sha256>/<name>?e=…&s=…: bytes for whoever holds a signed URL.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { objectKey } from '../../blobs/driver.ts';
import { verifyDownload } from '../../blobs/signed-url.ts';
import { AppError } from '../../errors.ts';
import type { Parts } from '../../wiring.ts';
import { isKnown, isRangeWanted, parseRange } from './range.ts';

interface Route {
  Params: { app_uuid: string; sha256: string; '*': string };
  Querystring: { e?: unknown; s?: unknown };
}

const fileNotFound = () => new AppError('file_not_found', 404, 'The server does not have this file');

export function downloadRoutes(door: FastifyInstance, parts: Parts): void {
  door.route<Route>({
    method: ['GET', 'HEAD'],
    url: '/get/:app_uuid/:sha256/*',
    exposeHeadRoute: false,
    handler: (request, reply) => {
      assertSigned(request, parts.config.secret);
      return serve(request, reply, parts);
    },
  });
}

function assertSigned({ params, query }: FastifyRequest<Route>, secret: string): void {
  const { app_uuid: appUuid, sha256 } = params;
  const asked = { secret, appUuid, sha256, expires: query.e, signature: query.s, nowMs: Date.now() };
  const verdict = verifyDownload(asked);
  if (verdict === 'wrong') throw new AppError('invalid_signature', 403, 'This URL was not made by this server');
  if (verdict === 'expired') throw new AppError('url_expired', 403, 'This URL is too old, check for updates again');
}

async function serve(request: FastifyRequest<Route>, reply: FastifyReply, { blobs }: Parts): Promise<FastifyReply> {
  const { headers, params } = request;
  const key = objectKey(params.app_uuid, params.sha256);
  const size = (await blobs.stat(key))?.size;
  if (size === undefined) throw fileNotFound();
  const etag = `"${params.sha256}"`;
  if (isKnown(headers['if-none-match'], etag)) return reply.code(304).headers(contentHeaders(etag)).send();
  const isRangeUsable = request.method === 'GET' && isRangeWanted(headers['if-range'] as string | undefined, etag);
  const range = isRangeUsable ? parseRange(headers.range, size) : 'whole';
  if (range === 'unsatisfiable') return refuseRange(reply, size);
  const part = range === 'whole' ? undefined : range;
  const found = request.method === 'HEAD' ? undefined : await blobs.read(key, part);
  if (request.method === 'GET' && found === undefined) throw fileNotFound();
  if (part !== undefined) reply.code(206).header('content-range', `bytes ${part.start}-${part.end}/${size}`);
  const length = part === undefined ? size : part.end - part.start + 1;
  reply.headers(contentHeaders(etag)).header('content-length', length).type(contentTypeOf(params['*']));
  return reply.send(found?.stream);
}

// Content-addressed: what a URL names never changes. `no-transform`, and no content encoding ever, for devices hash what
// they receive, and iOS would undo an encoding that is a part of the file.
const contentHeaders = (etag: string) => ({
  'accept-ranges': 'bytes',
  'cache-control': 'public, max-age=31536000, immutable, no-transform',
  etag,
  'x-content-type-options': 'nosniff',
});

// The delta downloader takes this answer to a range that begins at the end as "I have all of it".
function refuseRange(reply: FastifyReply, size: number): FastifyReply {
  const moreInfo = { size };
  const body = { error: 'range_not_satisfiable', message: `The file has ${size} bytes`, status: 'KO', moreInfo };
  return reply
    .code(416)
    .headers({ 'content-range': `bytes */${size}`, 'cache-control': 'no-store' })
    .send(body);
}

// Opaque but for zips: a `.br` file is not an encoded one here, and no page may come from this origin.
const contentTypeOf = (name: string) => (name.endsWith('.zip') ? 'application/zip' : 'application/octet-stream');
