// `overair organization …`: who owns apps, and who may work on them.

import { CliError, cancelled } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { listAll, openRemote, type Remote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';

export async function listOrganizations(context: Context, options: GlobalOptions) {
  const { client } = await openRemote(context, options);
  const organizations = await listAll((page) => client.organizations.list({ page }));
  context.ui.table(
    [
      { title: 'Id', cell: (row) => style.id(row.id) },
      { title: 'Name', cell: (row) => row.name },
      { title: 'E-mail', cell: (row) => row.management_email },
      { title: 'Created', cell: (row) => row.created_at.slice(0, 10) },
    ],
    organizations,
    'This key belongs to no organization.',
  );
  return organizations;
}

export async function addOrganization(context: Context, options: GlobalOptions & { email?: string }, name: string) {
  const { client } = await openRemote(context, options);
  const { id } = await client.organizations.create({ name, ...(options.email ? { email: options.email } : {}) });
  context.ui.success(`Organization ${name}: ${style.id(id)}`);
  return client.organizations.get(id);
}

export interface OfOrganization extends GlobalOptions {
  org?: string;
}

export async function listMembers(context: Context, options: OfOrganization) {
  const remote = await openRemote(context, options);
  const members = await remote.client.organizations.members(await getOrganizationId(remote, options));
  context.ui.table(
    [
      { title: 'E-mail', cell: (row) => row.email },
      { title: 'Role', cell: (row) => row.role },
      { title: 'State', cell: (row) => (row.is_tmp ? style.warning('invited') : 'member') },
    ],
    members,
    'No members.',
  );
  return members;
}

export async function inviteMember(context: Context, options: OfOrganization & { role: string }, email: string) {
  const remote = await openRemote(context, options);
  const orgId = await getOrganizationId(remote, options);
  const answer = await remote.client.organizations.invite({ orgId, email, invite_type: options.role });
  const { invite_link } = answer.data;
  context.ui.success(`${email} is invited as ${options.role}.`);
  if (invite_link) {
    context.ui.say(
      `  Hand them this link. It makes their account, works once, and ends in seven days:\n  ${invite_link}`,
    );
  } else context.ui.say('  They have an account here and accept with: overair organization accept');
  return answer;
}

export async function listInvitations(context: Context, options: GlobalOptions) {
  const { client } = await openRemote(context, options);
  const invitations = await client.organizations.invitations();
  context.ui.table(
    [
      { title: 'Id', cell: (row) => style.id(row.org_id) },
      { title: 'Organization', cell: (row) => row.name },
      { title: 'Role', cell: (row) => row.role },
      { title: 'Invited', cell: (row) => row.created_at.slice(0, 10) },
    ],
    invitations,
    'No open invitations.',
  );
  return invitations;
}

/** The named invitation, or the only one. Lists by name what else there is: nobody knows an organization's id by heart. */
export async function acceptInvitation(context: Context, options: GlobalOptions, organization?: string) {
  const { client } = await openRemote(context, options);
  const invitations = await client.organizations.invitations();
  const chosen = organization
    ? invitations.filter(({ org_id, name }) => org_id === organization || name === organization)
    : invitations;
  const [invitation, ...others] = chosen;
  if (!invitation) {
    throw new CliError(
      'no_invitation',
      organization
        ? `There is no open invitation to ${organization}.`
        : 'There is no open invitation for your account.',
      { hint: 'overair organization invitations lists them. A link makes a new account: open it in a browser.' },
    );
  }
  if (others.length > 0) {
    const ids = chosen.map(({ org_id, name, role }) => `${org_id} (${name}, ${role})`).join(', ');
    throw new CliError('missing_argument', 'Which invitation?', { hint: `Name one by its id: ${ids}` });
  }
  const answer = await client.organizations.acceptMembership(invitation.org_id);
  context.ui.success(`You are a member of ${invitation.name} now, as ${answer.role}.`);
  return { org_id: answer.org_id, name: invitation.name, role: answer.role };
}

export async function removeMember(context: Context, options: OfOrganization, email: string) {
  const remote = await openRemote(context, options);
  const orgId = await getOrganizationId(remote, options);
  if (!(await context.ui.confirm({ message: `Remove ${email}?`, flag: '--yes' }))) throw cancelled();
  await remote.client.organizations.removeMember({ orgId, email });
  context.ui.success(`${email} is removed.`);
  return { orgId, email, removed: true };
}

/** `--org`, or the only organization that the key belongs to. */
export async function getOrganizationId({ client }: Remote, { org }: OfOrganization): Promise<string> {
  if (org) return org;
  const [first, ...others] = await client.organizations.list();
  if (!first) throw new CliError('no_organization', 'This key belongs to no organization.');
  if (others.length === 0) return first.id;
  throw new CliError('missing_argument', 'Which organization?', {
    hint: 'Pass --org with its id; overair organization list shows them.',
  });
}
