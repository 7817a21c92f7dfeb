// /push: an app's push side from the owner's view: secrets, credentials, callback, segments, numbers.

import { Ok } from '@overair/protocol/manage/formats';
import {
  CreateSegment,
  DeleteCredential,
  DeletePushCallback,
  DeleteSegment,
  ListPushMessages,
  NotifyRelease,
  PushApp,
  PushAppEnabled,
  PushDays,
  PushMessages,
  PushSegment,
  PushSegments,
  ReadPushApp,
  ReleaseNotified,
  SaveCredential,
  SavePushCallback,
  SecretRotated,
  UpdatePushApp,
} from '@overair/protocol/manage/push';
import { AppError } from '../../errors.ts';
import { enablePush, rotateAppSecret } from '../../push/apps.ts';
import { saveCallback } from '../../push/callbacks.ts';
import { findVapidKeys, parseCredential, saveCredential } from '../../push/credentials.ts';
import { findOfferedBundle, notifyRelease } from '../../push/notify-release.ts';
import {
  createSegment,
  deleteSegment,
  describePushApp,
  listDays,
  listMessages,
  listSegments,
  updatePushApp,
} from '../../push/owner-view.ts';
import { cannotAccessApp, cannotFindChannel } from '../../releases/errors.ts';
import { type AddRoute, ok } from './route.ts';

const onApp = ({ app_id }: { app_id: string }) => ({ app_id });
const reads = { permission: 'app.read', on: onApp, refuse: cannotAccessApp } as const;
const changes = { permission: 'app.update_settings', on: onApp, refuse: cannotAccessApp } as const;

export function pushAppRoutes(add: AddRoute): void {
  settingRoutes(add);
  credentialRoutes(add);
  segmentRoutes(add);

  add({
    method: 'POST',
    url: '/push/release',
    summary: 'Tell the phones of a channel, silently, to look for an update now',
    auth: 'key',
    input: NotifyRelease,
    needs: { permission: 'channel.promote_bundle', on: onApp, refuse: cannotAccessApp },
    answer: ReleaseNotified,
    async run({ db, parts: { push }, input: { app_id, channel } }) {
      const bundle = await findOfferedBundle(db, app_id, channel);
      if (bundle === undefined) throw cannotFindChannel({ channel });
      return notifyRelease(push, { app_id, channel, bundle });
    },
  });

  add({
    method: 'GET',
    url: '/push/messages',
    summary: 'The last messages of an app with their numbers, newest first, 50 a page',
    auth: 'key',
    input: ListPushMessages,
    needs: reads,
    answer: PushMessages,
    run: ({ db, input: { app_id, page = 0 } }) => listMessages(db, app_id, page),
  });

  add({
    method: 'GET',
    url: '/push/statistics',
    summary: 'Numbers per day, platform and provider of the last 90 days',
    auth: 'key',
    input: ReadPushApp,
    needs: reads,
    answer: PushDays,
    run: ({ db, input }) => listDays(db, input.app_id),
  });
}

function settingRoutes(add: AddRoute): void {
  add({
    method: 'GET',
    url: '/push/app',
    summary: 'The push settings of an app',
    auth: 'key',
    input: ReadPushApp,
    needs: reads,
    answer: PushApp,
    run: ({ db, input }) => describePushApp(db, input.app_id),
  });

  add({
    method: 'POST',
    url: '/push/app',
    summary: 'Enable push for an app; the only time its master secret is shown',
    auth: 'key',
    input: ReadPushApp,
    needs: changes,
    status: 201,
    answer: PushAppEnabled,
    async run({ db, grant, input: { app_id } }) {
      const present = await db.selectFrom('push_apps').select('app_id').where('app_id', '=', app_id).executeTakeFirst();
      if (present)
        throw new AppError('push_already_enabled', 409, 'Push is enabled already; rotate the secret instead');
      return enablePush(db, { app_id, owner_org: grant.org_id });
    },
  });

  add({
    method: 'PUT',
    url: '/push/app',
    summary: 'Change the push settings of an app',
    auth: 'key',
    input: UpdatePushApp,
    needs: changes,
    answer: Ok,
    async run({ db, input: { app_id, ...settings } }) {
      await updatePushApp(db, app_id, settings);
      return ok;
    },
  });

  add({
    method: 'POST',
    url: '/push/app/rotate',
    summary: 'A new master secret; the one before still opens for a day',
    auth: 'key',
    input: ReadPushApp,
    needs: changes,
    answer: SecretRotated,
    async run({ db, input: { app_id } }) {
      const master_secret = await rotateAppSecret(db, app_id);
      if (!master_secret) throw new AppError('push_not_enabled', 404, `Push is not enabled for ${app_id}`);
      return { master_secret };
    },
  });
}

function credentialRoutes(add: AddRoute): void {
  add({
    method: 'PUT',
    url: '/push/credential',
    summary: 'Store the credential of a push service; it is kept encrypted and never shown again',
    auth: 'key',
    input: SaveCredential,
    needs: changes,
    answer: Ok,
    async run({ db, parts: { push }, input: { app_id, channel, credential } }) {
      const present = channel === 'webpush' ? await findVapidKeys(db, push.vault, app_id) : undefined;
      const checked = parseCredential(channel, { ...present, ...credential }, push.allowPrivate);
      await saveCredential(db, push.vault, app_id, channel, checked);
      push.breakers.reset(`${app_id}:${channel}`);
      return ok;
    },
  });

  add({
    method: 'DELETE',
    url: '/push/credential',
    summary: 'Remove the credential of a push service',
    auth: 'key',
    input: DeleteCredential,
    needs: changes,
    answer: Ok,
    async run({ db, input: { app_id, channel } }) {
      await db.deleteFrom('push_credentials').where('app_id', '=', app_id).where('channel', '=', channel).execute();
      return ok;
    },
  });

  add({
    method: 'PUT',
    url: '/push/callback',
    summary: 'Where changes of deliveries are told; the receiver must echo a text first',
    auth: 'key',
    input: SavePushCallback,
    needs: changes,
    answer: Ok,
    async run({ parts: { push }, input: { app_id, ...settings } }) {
      await saveCallback(push, { app_id }, settings);
      return ok;
    },
  });

  add({
    method: 'DELETE',
    url: '/push/callback',
    summary: 'Tell nobody any more',
    auth: 'key',
    input: DeletePushCallback,
    needs: changes,
    answer: Ok,
    async run({ db, input: { app_id } }) {
      await db.deleteFrom('push_callbacks').where('app_id', '=', app_id).execute();
      return ok;
    },
  });
}

function segmentRoutes(add: AddRoute): void {
  add({
    method: 'GET',
    url: '/push/segment',
    summary: 'The stored audiences of an app',
    auth: 'key',
    input: ReadPushApp,
    needs: reads,
    answer: PushSegments,
    run: ({ db, input }) => listSegments(db, input.app_id),
  });

  add({
    method: 'POST',
    url: '/push/segment',
    summary: 'Store an audience under an id that pushes can name',
    auth: 'key',
    input: CreateSegment,
    needs: changes,
    status: 201,
    answer: PushSegment,
    run: ({ db, input: { app_id, name, audience } }) => createSegment(db, app_id, name, audience),
  });

  add({
    method: 'DELETE',
    url: '/push/segment',
    summary: 'Forget a stored audience',
    auth: 'key',
    input: DeleteSegment,
    needs: changes,
    answer: Ok,
    async run({ db, input: { app_id, segment_id } }) {
      await deleteSegment(db, app_id, segment_id);
      return ok;
    },
  });
}
