// /app: the five operations of the App API.

import { App, AppList, AppPath, CreateApp, ListApps, MAX_RETENTION, UpdateApp } from '@overair/protocol/manage/app';
import { Ok } from '@overair/protocol/manage/formats';
import { Type } from 'typebox';
import { may } from '../../accounts/permissions.ts';
import { AppError } from '../../errors.ts';
import { createApp, deleteApp, getApp, listApps, updateApp } from '../../releases/apps.ts';
import { appNotFound, NO_APP_ACCESS } from '../../releases/errors.ts';
import type { Parts } from '../../wiring.ts';
import { type AddRoute, ok } from './route.ts';

const noOrganizationAccess = () =>
  new AppError('user_does_not_have_access_to_this_organization', 400, 'You do not have access to this organization');

/** Unknown and unreadable apps look alike; only who may read one learns that something more is refused. */
const refuseApp =
  (code: string, status: number) =>
  ({ app_id }: AppPath, readable: boolean) =>
    readable ? new AppError(code, status, NO_APP_ACCESS) : appNotFound(app_id);

const onApp = ({ app_id }: AppPath) => ({ app_id });

export function appRoutes(add: AddRoute, { blobs }: Pick<Parts, 'blobs'>): void {
  add({
    method: 'GET',
    url: '/app',
    summary: 'List the apps the key may read, newest first',
    auth: 'key',
    input: ListApps,
    answer: AppList,
    async run({ db, caller, input: { org_id, page = 0, limit = 50 } }) {
      if (org_id !== undefined && !(await may(db, caller, 'org.read', { org_id }))) throw noOrganizationAccess();
      const filter = org_id === undefined ? { page, limit } : { org_id, page, limit };
      return { data: await listApps(db, caller, filter) };
    },
  });

  add({
    method: 'GET',
    url: '/app/:app_id',
    summary: 'Read one app',
    auth: 'key',
    input: AppPath,
    needs: { permission: 'app.read', on: onApp, refuse: refuseApp('cannot_access_app', 401) },
    answer: App,
    run: ({ db, input }) => getApp(db, input.app_id),
  });

  add({
    method: 'POST',
    url: '/app',
    summary: 'Create an app in an organization',
    auth: 'session-or-key',
    input: CreateApp,
    needs: {
      permission: 'org.create_app',
      on: ({ owner_org }) => ({ org_id: owner_org }),
      refuse: () => new AppError('cannot_access_organization', 403, "You can't access this organization"),
    },
    answer: App,
    run: ({ db, actor, input }) => createApp(db, actor, input),
  });

  add({
    method: 'PUT',
    url: '/app/:app_id',
    summary: 'Change the given settings of an app',
    auth: 'key',
    input: Type.Object({ ...AppPath.properties, ...UpdateApp.properties }),
    needs: { permission: 'app.update_settings', on: onApp, refuse: refuseApp('cannot_access_app', 401) },
    answer: App,
    run({ db, actor, input: { app_id, ...settings } }) {
      assertRetention(settings.retention);
      return updateApp(db, actor, app_id, settings);
    },
  });

  add({
    method: 'DELETE',
    url: '/app/:app_id',
    summary: 'Delete an app and everything it owns, for good',
    auth: 'key',
    isDangerous: true,
    input: AppPath,
    isBodyOptional: true,
    needs: { permission: 'app.delete', on: onApp, refuse: refuseApp('cannot_delete_app', 400) },
    answer: Ok,
    async run({ db, actor, grant, input }) {
      await deleteApp(db, blobs, actor, grant, input.app_id);
      return ok;
    },
  });
}

function assertRetention(retention: number | undefined): void {
  if (retention === undefined) return;
  if (retention > MAX_RETENTION) {
    throw new AppError('retention_to_big', 400, `Retention cannot be bigger than ${MAX_RETENTION} (2 years)`);
  }
  if (retention < 0) throw new AppError('retention_to_small', 400, 'Retention cannot be smaller than 0');
}
