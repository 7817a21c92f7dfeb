// /channel: reading, saving and deleting channels.

import {
  ChannelOrList,
  ChannelSaved,
  DeleteChannel,
  ListChannels,
  UpsertChannel,
} from '@overair/protocol/manage/channel';
import { Ok } from '@overair/protocol/manage/formats';
import { notifyRelease } from '../../push/message/notify-release.ts';
import { deleteChannel, getChannel, listChannels } from '../../releases/channels.ts';
import { cannotAccessApp } from '../../releases/errors.ts';
import { findNewestBundle } from '../../releases/newest-bundle.ts';
import { saveChannel } from '../../releases/save-channel.ts';
import type { Parts } from '../../wiring.ts';
import { type AddRoute, ok } from './route.ts';

const onApp = ({ app_id }: { app_id: string }) => ({ app_id });

export function channelRoutes(add: AddRoute, { snapshots, push }: Pick<Parts, 'snapshots' | 'push'>): void {
  add({
    method: 'GET',
    url: '/channel',
    summary: 'One channel by name, or all of an app, oldest first, 50 a page',
    auth: 'key',
    input: ListChannels,
    needs: { permission: 'channel.read', onSomeChannel: true, on: onApp, refuse: cannotAccessApp },
    answer: ChannelOrList,
    run: ({ db, grant, input: { app_id, channel, page = 0 } }) =>
      channel ? getChannel(db, grant, app_id, channel) : listChannels(db, grant, app_id, page),
  });

  add({
    method: 'POST',
    url: '/channel',
    summary: 'Create a channel, or change only the given settings of one',
    auth: 'key',
    reads: 'json',
    input: UpsertChannel,
    // The least that any channel may be saved with; what else it takes depends on the settings and is asked inside.
    needs: { permission: 'channel.promote_bundle', onSomeChannel: true, on: onApp, refuse: cannotAccessApp },
    answer: ChannelSaved,
    movesPhones: true,
    async run({ db, actor, grant, input: { notifyDevices: _, ...input } }) {
      return { ...ok, ...(await saveChannel(db, actor, grant, input)) };
    },
    async afterwards({ db, input: { app_id, channel, notifyDevices } }, saved) {
      if (!notifyDevices) return saved;
      const bundle = await findNewestBundle(db, app_id, channel);
      // A phone that is woken asks at once: this server must already decide by the change.
      await snapshots.caughtUp();
      return { ...saved, notified: await notifyRelease(push, { app_id, channel, bundle }) };
    },
  });

  add({
    method: 'DELETE',
    url: '/channel',
    summary: 'Delete a channel with its device overrides',
    auth: 'key',
    input: DeleteChannel,
    // An unknown channel is answered before the missing right to delete one, to those who may read channels.
    needs: { permission: 'channel.read', onSomeChannel: true, on: onApp, refuse: cannotAccessApp },
    answer: Ok,
    movesPhones: true,
    async run({ db, actor, grant, input: { app_id, channel, delete_bundle } }) {
      await deleteChannel(db, actor, grant, { app_id, channel, withBundle: delete_bundle === true });
      return ok;
    },
  });
}
