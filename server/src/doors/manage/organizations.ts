// /organization: reading the organizations of a key.

import { ListOrganizations, OrganizationOrList } from '@overair/protocol/manage/organization';
import { getOrganization, listOrganizations } from '../../accounts/organizations.ts';
import { AppError } from '../../errors.ts';
import { orgGrant } from './org-access.ts';
import type { AddRoute } from './route.ts';

const noAccess = () => new AppError('invalid_org_id', 400, "You can't access this organization");

export function organizationRoutes(add: AddRoute): void {
  add({
    method: 'GET',
    url: '/organization',
    summary: 'One organization by id, or all that the key may read',
    auth: 'key',
    input: ListOrganizations,
    answer: OrganizationOrList,
    async run({ db, caller, input: { orgId, page = 0 } }) {
      if (!orgId) return listOrganizations(db, caller, page);
      await orgGrant(db, caller, 'org.read', orgId, noAccess);
      return getOrganization(db, orgId);
    },
  });
}
