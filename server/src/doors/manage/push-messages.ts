// /push/messages, /push/send: messages of an app or a group, sent by hand, and what became of them.

import { ListPushMessages, PushMessages } from '@overair/protocol/manage/push';
import {
  GroupMessage,
  GroupPushReach,
  GroupPushSent,
  PushMessageDetail,
  PushReach,
  PushSent,
  ReadGroupMessage,
  ReadPushMessage,
  SendGroupPush,
  SendPush,
} from '@overair/protocol/manage/push-send';
import { AppError } from '../../errors.ts';
import { previewGroupPush, previewPush, sendGroupPush, sendPush } from '../../push/message/send-by-hand.ts';
import { getGroup } from '../../push/owner/group-changes.ts';
import { describeGroupMessage, describeMessage, listMessages } from '../../push/owner/message-view.ts';
import type { PushRoom } from '../../push/room.ts';
import { cannotAccessApp } from '../../releases/errors.ts';
import { onOrg } from './organizations.ts';
import type { AddRoute } from './route.ts';

const onApp = ({ app_id }: { app_id: string }) => ({ app_id });
const readsApp = { permission: 'app.read_push', on: onApp, refuse: cannotAccessApp } as const;
const sendsToApp = { permission: 'app.update_settings', on: onApp, refuse: cannotAccessApp } as const;
const refuseOrg = () => new AppError('invalid_org_id', 403, "You can't access this organization");
const readsOrg = { permission: 'org.read_statistics', on: onOrg, refuse: refuseOrg } as const;
const sendsToOrg = { permission: 'org.update_settings', on: onOrg, refuse: refuseOrg } as const;

export function pushMessageRoutes(add: AddRoute, push: PushRoom): void {
  add({
    method: 'GET',
    url: '/push/messages',
    summary: 'The last messages of an app with their numbers, newest first, 50 a page',
    auth: 'key',
    input: ListPushMessages,
    needs: readsApp,
    answer: PushMessages,
    run: ({ db, input: { app_id, page = 0 } }) => listMessages(db, app_id, page),
  });

  add({
    method: 'GET',
    url: '/push/message',
    summary: 'One message: what it said, to whom, and what became of it by platform and service',
    auth: 'key',
    input: ReadPushMessage,
    needs: readsApp,
    answer: PushMessageDetail,
    run: ({ db, input: { app_id, msg_id } }) => describeMessage(db, app_id, Number(msg_id)),
  });

  add({
    method: 'POST',
    url: '/push/reach',
    summary: 'Whom a push would reach now; sends nothing',
    auth: 'key',
    readsOnly: true,
    reads: 'json',
    input: SendPush,
    needs: readsApp,
    answer: PushReach,
    run: ({ input }) => previewPush(push, input.app_id, input.push),
  });

  add({
    method: 'POST',
    url: '/push/send',
    summary: 'Send a push to an app; a repetition with the same cid sends nothing again',
    auth: 'key',
    isDangerous: true,
    reads: 'json',
    input: SendPush,
    needs: sendsToApp,
    answer: PushSent,
    run: ({ actor, grant, input }) => sendPush(push, { actor, org_id: grant.org_id }, input.app_id, input.push),
  });

  groupRoutes(add, push);
}

function groupRoutes(add: AddRoute, push: PushRoom): void {
  add({
    method: 'GET',
    url: '/push/group/message',
    summary: 'One message of a group in each of its apps, with numbers',
    auth: 'key',
    input: ReadGroupMessage,
    needs: readsOrg,
    answer: GroupMessage,
    run: ({ db, input: { orgId, group_msgid } }) => describeGroupMessage(db, orgId, group_msgid),
  });

  add({
    method: 'POST',
    url: '/push/group/reach',
    summary: 'Whom a push would reach now in every app of a group; sends nothing',
    auth: 'key',
    readsOnly: true,
    reads: 'json',
    input: SendGroupPush,
    needs: readsOrg,
    answer: GroupPushReach,
    run: async ({ db, input: { orgId, group_key, push: request } }) =>
      previewGroupPush(push, await getGroup(db, orgId, group_key), request),
  });

  add({
    method: 'POST',
    url: '/push/group/send',
    summary: 'Send a push to every app of a group; an app that refuses it says why',
    auth: 'key',
    isDangerous: true,
    reads: 'json',
    input: SendGroupPush,
    needs: sendsToOrg,
    answer: GroupPushSent,
    run: async ({ db, actor, input: { orgId, group_key, push: request } }) =>
      sendGroupPush(push, { actor, org_id: orgId }, await getGroup(db, orgId, group_key), request),
  });
}
