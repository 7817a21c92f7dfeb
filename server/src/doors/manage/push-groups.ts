// /push/group: apps of an organization that one call reaches.

import { Ok } from '@overair/protocol/manage/formats';
import {
  CreateGroup,
  GroupCreated,
  GroupReference,
  GroupSecretRotated,
  ListGroups,
  PushGroups,
  SaveGroupCallback,
  UpdateGroup,
} from '@overair/protocol/manage/push';
import { AppError } from '../../errors.ts';
import { saveCallback } from '../../push/callbacks/callbacks.ts';
import { addGroup, deleteGroup, getGroup, rotateSecretOfGroup, updateGroup } from '../../push/owner/group-changes.ts';
import { listGroups } from '../../push/owner/owner-view.ts';
import type { PushRoom } from '../../push/room.ts';
import { onOrg } from './organizations.ts';
import { type AddRoute, ok } from './route.ts';

const refuse = () => new AppError('invalid_org_id', 403, "You can't access this organization");
const reads = { permission: 'org.read_statistics', on: onOrg, refuse } as const;
const changes = { permission: 'org.update_settings', on: onOrg, refuse } as const;

export function pushGroupRoutes(add: AddRoute, push: PushRoom): void {
  add({
    method: 'GET',
    url: '/push/group',
    summary: 'The groups of an organization with their apps',
    auth: 'key',
    input: ListGroups,
    needs: reads,
    answer: PushGroups,
    run: ({ db, input }) => listGroups(db, input.orgId),
  });

  add({
    method: 'POST',
    url: '/push/group',
    summary: 'Create a group; the only time its secret is shown',
    auth: 'key',
    input: CreateGroup,
    needs: changes,
    status: 201,
    answer: GroupCreated,
    run: ({ db, actor, input: { orgId, name, app_ids = [] } }) => addGroup(db, { actor, org_id: orgId }, name, app_ids),
  });

  add({
    method: 'PUT',
    url: '/push/group',
    summary: 'Rename a group, switch it off, or replace its apps',
    auth: 'key',
    input: UpdateGroup,
    needs: changes,
    answer: Ok,
    async run({ db, actor, input: { orgId, group_key, ...change } }) {
      await updateGroup(db, { actor, org_id: orgId }, group_key, change);
      return ok;
    },
  });

  add({
    method: 'DELETE',
    url: '/push/group',
    summary: 'Delete a group; its apps stay',
    auth: 'key',
    input: GroupReference,
    needs: changes,
    answer: Ok,
    async run({ db, actor, input: { orgId, group_key } }) {
      await deleteGroup(db, { actor, org_id: orgId }, group_key);
      return ok;
    },
  });

  add({
    method: 'POST',
    url: '/push/group/rotate',
    summary: 'A new group secret; the one before still opens for a day',
    auth: 'key',
    isDangerous: true,
    input: GroupReference,
    needs: changes,
    answer: GroupSecretRotated,
    async run({ db, actor, input: { orgId, group_key } }) {
      return { group_secret: await rotateSecretOfGroup(db, { actor, org_id: orgId }, group_key) };
    },
  });

  add({
    method: 'PUT',
    url: '/push/group/callback',
    summary: "Where changes of a group's deliveries are told",
    auth: 'key',
    input: SaveGroupCallback,
    needs: changes,
    answer: Ok,
    async run({ db, actor, input: { orgId, group_key, ...settings } }) {
      await getGroup(db, orgId, group_key);
      await saveCallback(push, { actor, org_id: orgId }, { group_key }, settings);
      return ok;
    },
  });
}
