// PUT /files/upload: the bytes of one zip or delta file in one request.
import { UploadDone } from '@overair/protocol/files';
import type { FastifyInstance } from 'fastify';
import type { Parts } from '../../wiring.ts';
import { admitFile, withScratchFile } from './admit.ts';
import type { Authorize } from './auth.ts';
import { parseDeclared } from './declared.ts';
import { incompleteUpload, receiveFile, uploadTooLarge } from './receive.ts';

type Query = Record<string, unknown>;

export function uploadRoutes(door: FastifyInstance, parts: Parts, authorize: Authorize): void {
  const limit = parts.config.maxUploadBytes;
  door.put<{ Querystring: Query }>('/upload', { schema: { response: { 200: UploadDone } } }, async (request) => {
    const { app_uuid } = await authorize(request, request.query['app_id']);
    const declared = { app_uuid, ...parseDeclared(request.query) };
    const announced = announcedLength(request.headers['content-length']);
    if (announced !== undefined && announced > limit) throw uploadTooLarge(limit);
    return withScratchFile(parts, async (path) => {
      const received = await receiveFile(request.raw, path, limit);
      if (announced !== undefined && received.size < announced) throw incompleteUpload(received.size);
      return admitFile(parts, declared, path, received);
    });
  });
}

function announcedLength(header: string | undefined): number | undefined {
  return header === undefined ? undefined : Number(header);
}
