// /push: an app's push side from the owner's view: secrets, credentials, callback, segments, numbers.

import { Ok } from '@overair/protocol/manage/formats';
import {
  ChannelResumed,
  CreateSegment,
  DeleteCredential,
  DeletePushCallback,
  DeleteSegment,
  NotifyRelease,
  PushApp,
  PushAppEnabled,
  PushDays,
  PushSegment,
  PushSegments,
  QueryPushApp,
  ReadPushApp,
  ReleaseNotified,
  ResumeChannel,
  SaveCredential,
  SavePushCallback,
  SecretRotated,
  UpdatePushApp,
} from '@overair/protocol/manage/push';
import { allows } from '../../accounts/permissions.ts';
import { deleteCallback, saveCallback } from '../../push/callbacks/callbacks.ts';
import { notifyRelease } from '../../push/message/notify-release.ts';
import {
  createSegment,
  deleteSegment,
  removeCredential,
  resumeChannel,
  rotateMasterSecret,
  storeCredential,
  turnOnPush,
  updatePushApp,
} from '../../push/owner/owner-changes.ts';
import { describePushApp, listDays, listSegments } from '../../push/owner/owner-view.ts';
import type { PushRoom } from '../../push/room.ts';
import { findChannel } from '../../releases/channels.ts';
import { cannotAccessApp, cannotFindChannel, cannotPromoteBundle } from '../../releases/errors.ts';
import { findNewestBundle } from '../../releases/newest-bundle.ts';
import { type AddRoute, type Call, ok } from './route.ts';

const onApp = ({ app_id }: { app_id: string }) => ({ app_id });
const reads = { permission: 'app.read_push', on: onApp, refuse: cannotAccessApp } as const;
const changes = { permission: 'app.update_settings', on: onApp, refuse: cannotAccessApp } as const;
const byOf = ({ actor, grant }: Call<unknown>) => ({ actor, org_id: grant.org_id });

export function pushAppRoutes(add: AddRoute, push: PushRoom): void {
  settingRoutes(add);
  credentialRoutes(add, push);
  segmentRoutes(add);

  add({
    method: 'POST',
    url: '/push/release',
    summary: 'Tell the phones of a channel, silently, to look for an update now',
    auth: 'key',
    input: NotifyRelease,
    needs: { permission: 'channel.promote_bundle', onSomeChannel: true, on: onApp, refuse: cannotAccessApp },
    answer: ReleaseNotified,
    async run({ db, grant, input: { app_id, channel } }) {
      const found = await findChannel(db, app_id, channel);
      if (!found || !allows(grant, 'channel.read', found.id)) throw cannotFindChannel({ channel });
      if (!allows(grant, 'channel.promote_bundle', found.id)) throw cannotPromoteBundle({ channel });
      const bundle = await findNewestBundle(db, app_id, channel);
      return notifyRelease(push, { app_id, channel, bundle });
    },
  });

  add({
    method: 'GET',
    url: '/push/statistics',
    summary: 'Numbers per day, platform and provider of the last 90 days',
    auth: 'key',
    input: QueryPushApp,
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
    input: QueryPushApp,
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
    run: (call) => turnOnPush(call.db, byOf(call), call.input.app_id),
  });

  add({
    method: 'PUT',
    url: '/push/app',
    summary: 'Change the push settings of an app',
    auth: 'key',
    input: UpdatePushApp,
    needs: changes,
    answer: Ok,
    async run(call) {
      const { app_id, ...settings } = call.input;
      await updatePushApp(call.db, byOf(call), app_id, settings);
      return ok;
    },
  });

  add({
    method: 'POST',
    url: '/push/app/rotate',
    summary: 'A new master secret; the one before still opens for a day',
    auth: 'key',
    isDangerous: true,
    input: ReadPushApp,
    needs: changes,
    answer: SecretRotated,
    run: async (call) => ({ master_secret: await rotateMasterSecret(call.db, byOf(call), call.input.app_id) }),
  });
}

function credentialRoutes(add: AddRoute, push: PushRoom): void {
  add({
    method: 'PUT',
    url: '/push/credential',
    summary: 'Store the credential of a push service; it is kept encrypted and never shown again',
    auth: 'key',
    isDangerous: true,
    input: SaveCredential,
    needs: changes,
    answer: Ok,
    async run(call) {
      const { app_id, channel, credential } = call.input;
      await storeCredential(push, byOf(call), app_id, channel, credential);
      return ok;
    },
  });

  add({
    method: 'DELETE',
    url: '/push/credential',
    summary: 'Remove the credential of a push service',
    auth: 'key',
    isDangerous: true,
    input: DeleteCredential,
    needs: changes,
    answer: Ok,
    async run(call) {
      await removeCredential(call.db, byOf(call), call.input.app_id, call.input.channel);
      return ok;
    },
  });

  add({
    method: 'POST',
    url: '/push/resume',
    summary: 'End the pauses of a push service: what waits because of them goes out now',
    auth: 'key',
    input: ResumeChannel,
    needs: changes,
    answer: ChannelResumed,
    async run(call) {
      return { ended: await resumeChannel(push, byOf(call), call.input.app_id, call.input.channel) };
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
    async run(call) {
      const { app_id, ...settings } = call.input;
      await saveCallback(push, byOf(call), { app_id }, settings);
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
    async run(call) {
      await deleteCallback(call.db, byOf(call), { app_id: call.input.app_id });
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
    input: QueryPushApp,
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
    run(call) {
      const { app_id, name, audience } = call.input;
      return createSegment(call.db, byOf(call), app_id, name, audience);
    },
  });

  add({
    method: 'DELETE',
    url: '/push/segment',
    summary: 'Forget a stored audience',
    auth: 'key',
    input: DeleteSegment,
    needs: changes,
    answer: Ok,
    async run(call) {
      await deleteSegment(call.db, byOf(call), call.input.app_id, call.input.segment_id);
      return ok;
    },
  });
}
