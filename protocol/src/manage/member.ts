// Members and invitations: what `/organization/members` takes and answers.
import { type Static, Type } from 'typebox';
import { answer, NullableTimestamp, onlyKnown, Page, Timestamp } from './formats.ts';

export const rights = ['read', 'upload', 'write', 'admin', 'super_admin'] as const;
export type Right = (typeof rights)[number];

export const Member = answer({
  uid: Type.String(),
  email: Type.String(),
  image_url: Type.String(),
  role: Type.String({ description: 'a right, or invite_<right> while the invitation is open' }),
  rbac_role: Type.String({ description: 'the same in role vocabulary' }),
  is_tmp: Type.Boolean({ description: 'true while the invitation is open; such a row grants nothing' }),
});
export type Member = Static<typeof Member>;

export const MemberList = Type.Array(Member);

export const OrgQuery = Type.Object({ orgId: Type.String({ minLength: 1 }) }, onlyKnown);
export type OrgQuery = Static<typeof OrgQuery>;

/** A thousand members a page; open invitations stand on the first. */
export const ListMembers = Type.Object({ orgId: Type.String({ minLength: 1 }), page: Page }, onlyKnown);
export type ListMembers = Static<typeof ListMembers>;

const acceptedRoles = [
  ...rights,
  ...rights.map((right) => `invite_${right}`),
  'org_member',
  'org_admin',
  'org_super_admin',
];

export const InviteMember = Type.Object(
  {
    orgId: Type.String({ minLength: 1 }),
    email: Type.String({ pattern: '^[^\\s@]+@[^\\s@]+$', maxLength: 320 }),
    invite_type: Type.Unsafe<string>({ enum: acceptedRoles, 'x-alias': 'role' }),
  },
  onlyKnown,
);
export type InviteMember = Static<typeof InviteMember>;

export const MemberInvited = answer({
  status: Type.Literal('ok'),
  data: answer({
    uid: Type.String(),
    email: Type.String(),
    role: Type.String(),
    image_url: Type.String(),
    invite_link: Type.Optional(
      Type.String({ description: 'for addresses without an account; shown once, dead when they are invited anew' }),
    ),
  }),
});
export type MemberInvited = Static<typeof MemberInvited>;

export const ChangeMember = Type.Object(
  {
    orgId: Type.String({ minLength: 1 }),
    email: Type.String({ minLength: 1, maxLength: 320 }),
    role: Type.Unsafe<Right>({ enum: rights }),
  },
  onlyKnown,
);
export type ChangeMember = Static<typeof ChangeMember>;

export const RemoveMember = Type.Object({
  orgId: Type.String({ minLength: 1 }),
  email: Type.String({ minLength: 1, maxLength: 320 }),
});
export type RemoveMember = Static<typeof RemoveMember>;

export const AcceptInvitation = Type.Object({ token: Type.String({ minLength: 1, maxLength: 256 }) }, onlyKnown);
export type AcceptInvitation = Static<typeof AcceptInvitation>;

export const InvitationAccepted = answer({
  status: Type.Literal('ok'),
  org_id: Type.String(),
  email: Type.String(),
  user_right: Type.Unsafe<Right>({ type: 'string' }),
  key: Type.String({ description: 'the first API key of the new account, unlimited; shown once' }),
  expires_at: NullableTimestamp,
});
export type InvitationAccepted = Static<typeof InvitationAccepted>;

export const MembershipAccepted = answer({
  status: Type.Literal('ok'),
  org_id: Type.String(),
  role: Type.Unsafe<Right>({ type: 'string' }),
});
export type MembershipAccepted = Static<typeof MembershipAccepted>;

export const Invitation = answer({
  org_id: Type.String(),
  name: Type.String({ description: 'of the organization' }),
  role: Type.Unsafe<Right>({ type: 'string' }),
  created_at: Timestamp,
});
export type Invitation = Static<typeof Invitation>;

export const InvitationList = Type.Array(Invitation);
