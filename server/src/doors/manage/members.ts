// /organization/members: who belongs to an organization, inviting and removing people.

import { Ok, onlyKnown } from '@overair/protocol/manage/formats';
import {
  ChangeMember,
  InvitationList,
  InviteMember,
  ListMembers,
  MemberInvited,
  MemberList,
  MembershipAccepted,
  OrgQuery,
  RemoveMember,
} from '@overair/protocol/manage/member';
import { Type } from 'typebox';
import { acceptMembership, listInvitations } from '../../accounts/invitations.ts';
import { inviteMember } from '../../accounts/invite.ts';
import { changeMember, listMembers, removeMember } from '../../accounts/members.ts';
import type { Config } from '../../config.ts';
import { onlyUnrestricted } from './apikeys.ts';
import { invitationLink } from './invitation.ts';
import { noOrganizationAccess, onOrg } from './organizations.ts';
import { type AddRoute, ok } from './route.ts';

export function memberRoutes(add: AddRoute, { publicUrl }: Pick<Config, 'publicUrl'>): void {
  add({
    method: 'GET',
    url: '/organization/members',
    summary: 'List members and open invitations',
    auth: 'key',
    input: ListMembers,
    needs: { permission: 'org.read_members', on: onOrg, refuse: noOrganizationAccess, wantsExpiringKey: true },
    answer: MemberList,
    run: ({ db, input: { orgId, page = 0 } }) => listMembers(db, orgId, page),
  });

  add({
    method: 'POST',
    url: '/organization/members',
    summary: 'Invite somebody; pending until accepted',
    auth: 'key',
    isDangerous: true,
    input: InviteMember,
    needs: { permission: 'org.invite_user', on: onOrg, refuse: noOrganizationAccess },
    answer: MemberInvited,
    async run({ db, caller, actor, grant, input }) {
      const { token, ...data } = await inviteMember(db, caller, actor, grant, input);
      const link = token && { invite_link: invitationLink(publicUrl, token) };
      return { ...ok, data: { ...data, ...link } };
    },
  });

  add({
    method: 'PUT',
    url: '/organization/members',
    summary: 'Change the right of a member, never above your own',
    auth: 'session-or-key',
    isDangerous: true,
    input: ChangeMember,
    needs: { permission: 'org.update_user_roles', on: onOrg, refuse: noOrganizationAccess },
    answer: Ok,
    async run({ db, actor, grant, input }) {
      await changeMember(db, actor, grant, input);
      return ok;
    },
  });

  add({
    method: 'DELETE',
    url: '/organization/members',
    summary: 'Remove a member or cancel an invitation',
    auth: 'session-or-key',
    isDangerous: true,
    input: RemoveMember,
    needs: { permission: 'org.update_user_roles', on: onOrg, refuse: noOrganizationAccess },
    answer: Ok,
    async run({ db, actor, grant, input }) {
      await removeMember(db, actor, grant, input.orgId, input.email);
      return ok;
    },
  });

  ownRoutes(add);
}

/** What the caller is invited to. */
function ownRoutes(add: AddRoute): void {
  add({
    method: 'GET',
    url: '/organization/invitations',
    summary: 'List the invitations that your account can accept',
    auth: 'session-or-key',
    input: Type.Object({}, onlyKnown),
    admit: actsForItsAccount,
    answer: InvitationList,
    run: ({ db, caller }) => listInvitations(db, caller),
  });

  add({
    method: 'POST',
    url: '/organization/members/accept',
    summary: 'Accept an invitation to an organization, with a key of the invited account',
    auth: 'session-or-key',
    input: OrgQuery,
    admit: actsForItsAccount,
    answer: MembershipAccepted,
    async run({ db, caller, actor, input }) {
      const { org_id, user_right } = await acceptMembership(db, caller, actor, input.orgId);
      return { ...ok, org_id, role: user_right };
    },
  });
}

/** Where its owner belongs is not the business of a key that was made for less. */
const actsForItsAccount = onlyUnrestricted(
  'permission_denied',
  403,
  'Only an unlimited key of mode all sees and accepts invitations of its account',
);
