// Who may put bytes up: any key, or signed-in person, with upload rights on the app. Fetching needs no key, but a signed URL.

import { APP_ID_PATTERN, invalidAppId, missingAppId } from '@overair/protocol/manage/formats';
import type { FastifyRequest } from 'fastify';
import { findApp } from '../../accounts/apps.ts';
import { authenticate } from '../../accounts/authenticate.ts';
import { may } from '../../accounts/permissions.ts';
import { AppError } from '../../errors.ts';
import type { Parts } from '../../wiring.ts';

export interface UploadTarget {
  app_id: string;
  app_uuid: string;
}

/** Answers the app, or throws: no key, an unknown one, a malformed app id, an app that this key cannot write to. */
export type Authorize = (request: FastifyRequest, app_id: unknown) => Promise<UploadTarget>;

const appId = new RegExp(APP_ID_PATTERN);

// Unknown apps are told like foreign ones, so that nothing can be probed.
const cannotAccessApp = () => new AppError('cannot_access_app', 400, "You can't access this app");

export function uploadAuthority({
  database: { db },
  ...guards
}: Pick<Parts, 'database' | 'keys' | 'signIn'>): Authorize {
  return async (request, app_id) => {
    const caller = await authenticate(guards, request);
    if (caller === undefined) throw new AppError('no_key_provided', 401, 'No key provided');
    if (app_id === undefined || app_id === '') throw new AppError(missingAppId.code, 400, missingAppId.message);
    if (typeof app_id !== 'string' || !appId.test(app_id)) {
      throw new AppError(invalidAppId.code, 400, invalidAppId.message);
    }
    if (!(await may(db, caller, 'app.upload_bundle', { app_id }))) throw cannotAccessApp();
    const app = await findApp(db, app_id);
    if (app === undefined) throw cannotAccessApp();
    return { app_id, app_uuid: app.id };
  };
}
