// An owner sends by hand: first whom it would reach, then the sending, with its entry in the audit log.

import { countReached, type Reached } from '../audience/count-targets.ts';
import { findPushApp, listGroupApps, type PushApp, type PushGroup } from '../owner/apps.ts';
import { type By, record } from '../owner/owner-audit.ts';
import { noPush } from '../owner/owner-changes.ts';
import { type Refused, refusalOf, refuse } from '../refusals.ts';
import type { PushRoom } from '../room.ts';
import { acceptPush, checkContent } from './accept.ts';
import { pushToGroup } from './group-push.ts';
import { once, repeatKey } from './repeat.ts';
import type { PushRequest } from './request.ts';
import { listSkipped, type Skipped } from './skipped.ts';

interface Reach extends Reached {
  readonly skipped: readonly Skipped[];
}

async function getPushApp({ db }: PushRoom, app_id: string): Promise<PushApp> {
  const app = await findPushApp(db, app_id);
  if (!app) throw noPush(app_id);
  return app;
}

/** Throws a refusal where the request could not be sent. Nobody to reach is an answer. */
export async function previewPush(room: PushRoom, app_id: string, push: unknown): Promise<Reach> {
  return reachOf(room, await getPushApp(room, app_id), room.readRequest(push));
}

async function reachOf(room: PushRoom, app: PushApp, request: PushRequest): Promise<Reach> {
  const { selection, skipped } = await checkContent(room, room.db, app, request);
  return { ...(await countReached(room.db, selection)), skipped };
}

/** In the order in which people look for one. */
async function listApps({ db }: PushRoom, { group_key }: PushGroup): Promise<readonly PushApp[]> {
  const apps = await listGroupApps(db, group_key);
  return apps.toSorted((a, b) => (a.app_id < b.app_id ? -1 : 1));
}

const NOBODY: Reach = { devices: 0, is_more: false, platforms: {}, skipped: [] };

/** An app that refuses the request says why, and the others are counted all the same. */
export async function previewGroupPush(room: PushRoom, group: PushGroup, push: unknown) {
  if (!group.enabled) throw refuse('disabled', 'the group is disabled');
  const request = room.readRequest(push);
  const apps = [];
  for (const app of await listApps(room, group)) {
    const { app_id, name } = app;
    try {
      apps.push({ app_id, name, ...(await reachOf(room, app, request)), refusal: null });
    } catch (error) {
      const refused = refusalOf(error);
      if (!refused) throw error;
      apps.push({ app_id, name, ...NOBODY, refusal: sentenceOf(refused) });
    }
  }
  const devices = apps.reduce((sum, app) => sum + app.devices, 0);
  return { devices, is_more: apps.some((app) => app.is_more), apps };
}

const sentenceOf = ({ refusal, where }: Refused): string => refuse(refusal, where).message;

export async function sendPush(room: PushRoom, by: By, app_id: string, push: unknown) {
  const app = await getPushApp(room, app_id);
  const request = signed(room.readRequest(push), by);
  const { request_id, audience, message } = request;
  // In the form in which the door of pushes keeps it: both know a repetition by the same key.
  const { msg_id } = await once(room.db, `app:${app_id}`, repeatKey(message.options.cid), async (trx) => {
    const id = String(await acceptPush(room, trx, app, request));
    await record(trx, by, 'push_messages', id, { after: { app_id, msg_id: id, audience } });
    return { request_id, msg_id: id };
  });
  return { msg_id, skipped: listSkipped(room.transports, app, message) };
}

interface SentTo {
  readonly app_id: string;
  readonly msg_id: string | null;
  readonly skipped: readonly Skipped[];
  /** Why it was sent nothing. */
  readonly refusal: string | null;
}

export async function sendGroupPush(room: PushRoom, by: By, group: PushGroup, push: unknown) {
  const { group_key } = group;
  const request = signed(room.readRequest(push), by);
  const apps = await listApps(room, group);
  const answer = await pushToGroup(room, group, request, {
    alongside: (trx, { group_msgid }) =>
      record(trx, by, 'push_messages', group_msgid, { after: { group_key, group_msgid, audience: request.audience } }),
  });
  return {
    group_msgid: answer.group_msgid,
    apps: apps.flatMap(({ app_id, app_key }): SentTo[] => {
      const entry = answer[app_key];
      // An app that joined meanwhile was sent nothing.
      if (typeof entry !== 'object') return [];
      if ('error' in entry) return [{ app_id, msg_id: null, skipped: [], refusal: sentenceOf(entry.error) }];
      return [{ app_id, msg_id: entry.msg_id, skipped: entry.skipped ?? [], refusal: null }];
    }),
  };
}

/** Who sends by hand is the sender, whatever the request says. */
const signed = (request: PushRequest, { actor }: By): PushRequest => ({
  ...request,
  sender: actor.actor_user_email ?? '',
});
