// The files door: bundle bytes up (with an API key) and down (with a signed URL). Contract: docs/protocol/files.md.

import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { AppError } from '../../errors.ts';
import type { Parts } from '../../wiring.ts';
import { uploadAuthority } from './auth.ts';
import { downloadRoutes } from './download.ts';
import { handleError } from './errors.ts';
import { missingRoutes } from './missing.ts';
import { uploadRouteAdder } from './route.ts';
import { uploadRoutes } from './upload.ts';
import { resumableUploadRoutes } from './uploads-resumable.ts';

type FilesParts = Pick<Parts, 'bandwidth' | 'blobs' | 'config' | 'database' | 'keys' | 'signIn'>;

/** To be registered with the prefix `/files`. */
export function filesDoor(parts: FilesParts): FastifyPluginAsync {
  const authorize = uploadAuthority(parts);
  return async (door) => {
    door.setErrorHandler(handleError);
    door.setNotFoundHandler(() => {
      throw new AppError('not_found', 404, 'Not found');
    });
    downloadRoutes(door, parts);
    missingRoutes(uploadRouteAdder(door, authorize), parts);
    await door.register(async (uploads) => {
      takeAnyBody(uploads);
      uploadRoutes(uploadRouteAdder(uploads, authorize), parts);
      await uploads.register(async (resumable) => resumableUploadRoutes(resumable, parts, authorize), {
        prefix: '/uploads',
      });
    });
  };
}

/** Bodies of any type, unparsed: the routes read `request.raw`. */
function takeAnyBody(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
}
