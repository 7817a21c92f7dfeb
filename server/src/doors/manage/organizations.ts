// /organization: reading, making, changing and deleting organizations.

import { Ok } from '@overair/protocol/manage/formats';
import {
  CreateOrganization,
  DeleteOrganization,
  GetOrganizationSettings,
  ListOrganizations,
  OrganizationCreated,
  OrganizationOrList,
  OrganizationSettings,
  OrganizationUpdated,
  UpdateOrganization,
} from '@overair/protocol/manage/organization';
import { mayCreateOrganization } from '../../accounts/caller.ts';
import { createOrganization, deleteOrganization, updateOrganization } from '../../accounts/change-organization.ts';
import { getOrganization, listOrganizations } from '../../accounts/organizations.ts';
import { AppError } from '../../errors.ts';
import { deleteAppsOf, removeAppFiles } from '../../releases/apps.ts';
import type { Parts } from '../../wiring.ts';
import { orgGrant } from './org-access.ts';
import { type AddRoute, ok } from './route.ts';

export const noOrganizationAccess = () =>
  new AppError('cannot_access_organization', 400, "You can't access this organization");

const unknownOrganization = () => new AppError('invalid_org_id', 400, "You can't access this organization");

export const onOrg = ({ orgId }: { orgId: string }) => ({ org_id: orgId });

export function organizationRoutes(add: AddRoute, { blobs }: Pick<Parts, 'blobs'>): void {
  add({
    method: 'GET',
    url: '/organization',
    summary: 'One organization by id, or all that the key may read',
    auth: 'key',
    input: ListOrganizations,
    answer: OrganizationOrList,
    async run({ db, caller, input: { orgId, page = 0 } }) {
      if (!orgId) return listOrganizations(db, caller, page);
      await orgGrant(db, caller, 'org.read', orgId, unknownOrganization);
      return getOrganization(db, orgId);
    },
  });

  add({
    method: 'GET',
    url: '/organization/settings',
    summary: 'One organization with all its settings',
    auth: 'key',
    input: GetOrganizationSettings,
    needs: { permission: 'org.read', on: onOrg, refuse: unknownOrganization },
    answer: OrganizationSettings,
    run: ({ db, input: { orgId } }) => getOrganization(db, orgId),
  });

  add({
    method: 'POST',
    url: '/organization',
    summary: 'Create an organization; the caller becomes its super admin',
    auth: 'session-or-key',
    input: CreateOrganization,
    answer: OrganizationCreated,
    async run({ db, caller, actor, input }) {
      if (!mayCreateOrganization(caller)) {
        throw new AppError('permission_denied', 403, 'Permission denied: org.create');
      }
      return { id: await createOrganization(db, caller, actor, input) };
    },
  });

  add({
    method: 'PUT',
    url: '/organization',
    summary: 'Change the given settings of an organization',
    auth: 'session-or-key',
    isDangerous: true,
    input: UpdateOrganization,
    needs: {
      permission: 'org.update_settings',
      on: onOrg,
      refuse: noOrganizationAccess,
      wantsExpiringKey: true,
    },
    answer: OrganizationUpdated,
    async run({ db, caller, actor, input }) {
      const data = await updateOrganization(db, caller, actor, input);
      return { status: 'Organization updated', id: data.id, data } as const;
    },
  });

  add({
    method: 'DELETE',
    url: '/organization',
    summary: 'Delete an organization with its apps, members and webhooks, for good',
    auth: 'key',
    isDangerous: true,
    input: DeleteOrganization,
    needs: {
      permission: 'org.delete',
      on: onOrg,
      refuse: () => new AppError('invalid_org_id', 403, "You can't delete this organization"),
    },
    answer: Ok,
    async run({ db, actor, input }) {
      const deleted = await deleteOrganization(db, actor, input.orgId, deleteAppsOf);
      for (const app_uuid of deleted) await removeAppFiles(db, blobs, app_uuid);
      return ok;
    },
  });
}
