// Resumable uploads at /files/uploads: TUS 1.0.0 with creation, creation-with-upload, expiration and termination.

import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { findAppByUuid } from '../../accounts/apps.ts';
import { isUuid } from '../../accounts/permissions.ts';
import {
  createUpload,
  deleteUpload,
  findUpload,
  type PendingUpload,
  UPLOAD_LIFETIME_MS,
} from '../../blobs/upload-parts.ts';
import { AppError } from '../../errors.ts';
import { beside } from '../../request-path.ts';
import type { Parts } from '../../wiring.ts';
import { addRoute } from '../route.ts';
import type { Authorize } from './auth.ts';
import { parseDeclared } from './declared.ts';
import { uploadTooLarge } from './receive.ts';
import { finishEmpty, offsetConflict, receiveRest } from './receive-rest.ts';
import { type AddUploadRoute, uploadRouteAdder } from './route.ts';

const TUS_VERSION = '1.0.0';
const BODY_TYPE = 'application/offset+octet-stream';

type UploadParts = Pick<Parts, 'blobs' | 'config' | 'database'>;

/** To be registered with the prefix `/uploads`, in a scope that leaves bodies alone. */
export function resumableUploadRoutes(door: FastifyInstance, parts: UploadParts, authorize: Authorize): void {
  speakTus(door, parts.config.maxUploadBytes);
  const add = uploadRouteAdder(door, authorize);
  creationRoute(add, parts);
  partRoutes(add, parts);
}

function speakTus(door: FastifyInstance, maxUploadBytes: number): void {
  door.addHook('onRequest', async (request, reply) => {
    reply.header('tus-resumable', TUS_VERSION);
    if (request.method === 'OPTIONS' || request.headers['tus-resumable'] === TUS_VERSION) return;
    reply.header('tus-version', TUS_VERSION);
    throw new AppError('unsupported_tus_version', 412, `Tus-Resumable must be ${TUS_VERSION}`);
  });
  const extensions = 'creation,creation-with-upload,expiration,termination';
  const offers = { 'tus-version': TUS_VERSION, 'tus-extension': extensions, 'tus-max-size': maxUploadBytes };
  for (const url of ['/', '/:id']) {
    addRoute(door, {
      method: 'OPTIONS',
      url,
      auth: 'anybody',
      run: (_request, reply) => reply.code(204).headers(offers).send(),
    });
  }
}

function creationRoute(add: AddUploadRoute, parts: UploadParts): void {
  add({
    method: 'POST',
    url: '/',
    about: ({ headers }) => parseMetadata(headers['upload-metadata']),
    async run({ request, reply, subject, target: { app_uuid } }) {
      const size = parseLength(request, parts.config.maxUploadBytes);
      const { kind, sha256 } = parseDeclared(subject);
      const made = { id: randomUUID(), app_uuid, kind, sha256, size, received: 0, updated_at: new Date() };
      await createUpload(parts.database.db, made);
      // Not absolute: the address under which the client knows this server may be another than the public one.
      reply.header('location', beside(request.originalUrl, `uploads/${made.id}`));
      if (size === 0) await finishEmpty(parts, made);
      const received = hasBody(request) ? await receiveRest(parts, made, request.raw) : 0;
      return reply.code(201).headers(progress(made, received)).send();
    },
  });
}

function partRoutes(add: AddUploadRoute, parts: UploadParts): void {
  const { db } = parts.database;
  const about = async ({ params }: FastifyRequest): Promise<PendingUpload & { app_id: string }> => {
    const { id } = params as { id: string };
    const upload = isUuid(id) ? await findUpload(db, id) : undefined;
    const app = upload && (await findAppByUuid(db, upload.app_uuid));
    if (!upload || !app) throw new AppError('upload_not_found', 404, 'There is no such upload, or no longer');
    return { ...upload, app_id: app.app_id };
  };

  add({
    method: 'HEAD',
    url: '/:id',
    about,
    run({ reply, subject: upload }) {
      const length = { 'upload-length': upload.size, 'cache-control': 'no-store' };
      return reply
        .code(200)
        .headers({ ...length, ...progress(upload, upload.received) })
        .send();
    },
  });

  add({
    method: 'PATCH',
    url: '/:id',
    about,
    async run({ request, reply, subject: upload }) {
      if (!hasBody(request)) throw new AppError('invalid_content_type', 415, `Content-Type must be ${BODY_TYPE}`);
      if (parseCount(request.headers['upload-offset']) !== upload.received) throw offsetConflict(upload.received);
      const received = await receiveRest(parts, upload, request.raw);
      return reply.code(204).headers(progress(upload, received)).send();
    },
  });

  add({
    method: 'DELETE',
    url: '/:id',
    about,
    async run({ reply, subject: { id } }) {
      await deleteUpload(db, parts.blobs, id);
      return reply.code(204).send();
    },
  });
}

const hasBody = (request: FastifyRequest) => request.headers['content-type'] === BODY_TYPE;

function progress(upload: PendingUpload, received: number) {
  const expires = new Date(upload.updated_at.getTime() + UPLOAD_LIFETIME_MS).toUTCString();
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
