// The client's push part: apps, credentials, groups and numbers of group push on the management door.

import type { Static } from 'typebox';
import type { Ok } from './manage/formats.ts';
import type * as push from './manage/push.ts';
import type * as sending from './manage/push-send.ts';
import type { Sender } from './transport.ts';

export function pushMethods({ json }: Sender) {
  return {
    app: (query: Static<typeof push.ReadPushApp>) => json<push.PushApp>('GET', '/push/app', { query }),
    /** The master secret is in this answer and in no other. */
    enable: (body: Static<typeof push.ReadPushApp>) =>
      json<Static<typeof push.PushAppEnabled>>('POST', '/push/app', { body }),
    update: (body: Static<typeof push.UpdatePushApp>) => json<Ok>('PUT', '/push/app', { body }),
    rotateSecret: (body: Static<typeof push.ReadPushApp>) =>
      json<Static<typeof push.SecretRotated>>('POST', '/push/app/rotate', { body }),
    saveCredential: (body: Static<typeof push.SaveCredential>) => json<Ok>('PUT', '/push/credential', { body }),
    deleteCredential: (body: Static<typeof push.DeleteCredential>) => json<Ok>('DELETE', '/push/credential', { body }),
    /** Ends the pauses of a channel; what waits goes out. */
    resume: (body: Static<typeof push.ResumeChannel>) =>
      json<Static<typeof push.ChannelResumed>>('POST', '/push/resume', { body }),
    /** Nobody to tell is an answer with `sent: false`, not a failure. */
    release: (body: Static<typeof push.NotifyRelease>) => json<push.ReleaseNotified>('POST', '/push/release', { body }),
    messages: (query: Static<typeof push.ListPushMessages>) =>
      json<Static<typeof push.PushMessages>>('GET', '/push/messages', { query }),
    message: (query: Static<typeof sending.ReadPushMessage>) =>
      json<sending.PushMessageDetail>('GET', '/push/message', { query }),
    /** Whom a push would reach now. Sends nothing. */
    reach: (body: sending.SendPush) => json<sending.PushReach>('POST', '/push/reach', { body }),
    send: (body: sending.SendPush) => json<sending.PushSent>('POST', '/push/send', { body }),
    groupMessage: (query: Static<typeof sending.ReadGroupMessage>) =>
      json<sending.GroupMessage>('GET', '/push/group/message', { query }),
    reachGroup: (body: sending.SendGroupPush) => json<sending.GroupPushReach>('POST', '/push/group/reach', { body }),
    sendToGroup: (body: sending.SendGroupPush) => json<sending.GroupPushSent>('POST', '/push/group/send', { body }),
    segments: (query: Static<typeof push.QueryPushApp>) => json<push.PushSegment[]>('GET', '/push/segment', { query }),
    createSegment: (body: Static<typeof push.CreateSegment>) =>
      json<push.PushSegment>('POST', '/push/segment', { body }),
    deleteSegment: (body: Static<typeof push.DeleteSegment>) => json<Ok>('DELETE', '/push/segment', { body }),
    groups: (query: Static<typeof push.ListGroups>) => json<push.PushGroup[]>('GET', '/push/group', { query }),
    /** The group's secret is in this answer and in no other. */
    createGroup: (body: Static<typeof push.CreateGroup>) =>
      json<Static<typeof push.GroupCreated>>('POST', '/push/group', { body }),
    updateGroup: (body: Static<typeof push.UpdateGroup>) => json<Ok>('PUT', '/push/group', { body }),
    rotateGroupSecret: (body: Static<typeof push.GroupReference>) =>
      json<Static<typeof push.GroupSecretRotated>>('POST', '/push/group/rotate', { body }),
    deleteGroup: (body: Static<typeof push.GroupReference>) => json<Ok>('DELETE', '/push/group', { body }),
  };
}
