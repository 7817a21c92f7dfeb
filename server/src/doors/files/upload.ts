// PUT /files/upload: the bytes of one zip or delta file in one request.

import { UploadDone } from '@overair/protocol/files';
import type { Parts } from '../../wiring.ts';
import { admitFile, withScratchFile } from './admit.ts';
import { parseDeclared } from './declared.ts';
import { incompleteUpload, receiveFile, uploadTooLarge } from './receive.ts';
import type { AddUploadRoute } from './route.ts';

type Query = Readonly<Record<string, unknown>>;

type UploadParts = Pick<Parts, 'blobs' | 'config' | 'database'>;

export function uploadRoutes(add: AddUploadRoute, parts: UploadParts): void {
  const limit = parts.config.maxUploadBytes;
  add({
    method: 'PUT',
    url: '/upload',
    schema: { response: { 200: UploadDone } },
    about: ({ query }) => query as Query,
    run({ request, subject, target: { app_uuid } }) {
      const declared = { app_uuid, ...parseDeclared(subject) };
      const announced = announcedLength(request.headers['content-length']);
      if (announced !== undefined && announced > limit) throw uploadTooLarge(limit);
      return withScratchFile(parts, async (path) => {
        const received = await receiveFile(request.raw, path, limit);
        if (announced !== undefined && received.size < announced) throw incompleteUpload(received.size);
        return admitFile(parts, declared, path, received);
      });
    },
  });
}

function announcedLength(header: string | undefined): number | undefined {
  return header === undefined ? undefined : Number(header);
}
