// Resumable uploads at /files/uploads: TUS 1.0.0 with creation, creation-with-upload, expiration and termination.
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isUuid } from '../../accounts/permissions.ts';
import {
  createUpload,
  deleteUpload,
  findUpload,
  type PendingUpload,
  uploadLifetimeMs,
} from '../../blobs/upload-parts.ts';
import { AppError } from '../../errors.ts';
import { beside } from '../../request-path.ts';
import type { Parts } from '../../wiring.ts';
import type { Authorize } from './auth.ts';
import { parseDeclared } from './declared.ts';
import { uploadTooLarge } from './receive.ts';
import { finishEmpty, offsetConflict, receiveRest } from './receive-rest.ts';

interface Route {
  Params: { id: string };
}
type Request = FastifyRequest<Route>;

const tusVersion = '1.0.0';
const bodyType = 'application/offset+octet-stream';

/** To be registered with the prefix `/uploads`, in a scope that leaves bodies alone. */
export function resumableUploadRoutes(door: FastifyInstance, parts: Parts, authorize: Authorize): void {
  const { blobs, config, database } = parts;
  const { db } = database;

  const getUpload = async (request: Request): Promise<PendingUpload> => {
    const upload = isUuid(request.params.id) ? await findUpload(db, request.params.id) : undefined;
    if (upload === undefined) throw new AppError('upload_not_found', 404, 'There is no such upload, or no longer');
    await authorize(request, upload.app_id);
    return upload;
  };

  door.addHook('onRequest', async (request, reply) => {
    reply.header('tus-resumable', tusVersion);
    if (request.method === 'OPTIONS' || request.headers['tus-resumable'] === tusVersion) return;
    reply.header('tus-version', tusVersion);
    throw new AppError('unsupported_tus_version', 412, `Tus-Resumable must be ${tusVersion}`);
  });

  for (const url of ['/', '/:id']) {
    door.options(url, async (_request, reply) => {
      const extensions = 'creation,creation-with-upload,expiration,termination';
      const offers = { 'tus-version': tusVersion, 'tus-extension': extensions, 'tus-max-size': config.maxUploadBytes };
      return reply.code(204).headers(offers).send();
    });
  }

  door.post('/', async (request, reply) => {
    const size = parseLength(request, config.maxUploadBytes);
    const said = parseMetadata(request.headers['upload-metadata']);
    const { app_id, app_uuid } = await authorize(request, said['app_id']);
    const { kind, sha256 } = parseDeclared(said);
    const made = { id: randomUUID(), app_id, app_uuid, kind, sha256, size, received: 0, updated_at: new Date() };
    await createUpload(db, made);
    // Not absolute: the address under which the client knows this server may be another than the public one.
    reply.header('location', beside(request.originalUrl, `uploads/${made.id}`));
    if (size === 0) await finishEmpty(parts, made);
    const received = hasBody(request) ? await receiveRest(parts, made, request.raw) : 0;
    return reply.code(201).headers(progress(made, received)).send();
  });

  door.head<Route>('/:id', async (request, reply) => {
    const upload = await getUpload(request);
    const answer = { 'upload-length': upload.size, 'cache-control': 'no-store', ...progress(upload, upload.received) };
    return reply.code(200).headers(answer).send();
  });

  door.patch<Route>('/:id', async (request, reply) => {
    const upload = await getUpload(request);
    if (!hasBody(request)) throw new AppError('invalid_content_type', 415, `Content-Type must be ${bodyType}`);
    if (parseCount(request.headers['upload-offset']) !== upload.received) throw offsetConflict(upload.received);
    const received = await receiveRest(parts, upload, request.raw);
    return reply.code(204).headers(progress(upload, received)).send();
  });

  door.delete<Route>('/:id', async (request, reply: FastifyReply) => {
    const { id } = await getUpload(request);
    await deleteUpload(db, blobs, id);
    return reply.code(204).send();
  });
}

const hasBody = (request: FastifyRequest) => request.headers['content-type'] === bodyType;

function progress(upload: PendingUpload, received: number) {
  const expires = new Date(upload.updated_at.getTime() + uploadLifetimeMs).toUTCString();
  return received === upload.size
    ? { 'upload-offset': received }
    : { 'upload-offset': received, 'upload-expires': expires };
}

function parseLength({ headers }: FastifyRequest, limit: number): number {
  const length = parseCount(headers['upload-length']);
  if (length === undefined) throw new AppError('invalid_upload_length', 400, 'Upload-Length must be a number of bytes');
  if (length > limit) throw uploadTooLarge(limit);
  return length;
}

function parseCount(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/** `name <base64>, name <base64>, …` */
function parseMetadata(header: string | string[] | undefined): Record<string, string> {
  const pairs = String(header ?? '').split(',');
  const said = pairs.map((pair) => pair.trim().split(/\s+/));
  return Object.fromEntries(said.map(([name = '', value = '']) => [name, Buffer.from(value, 'base64').toString()]));
}
