// `overair push-group …`: groups of apps that one push call reaches.

import type { Client } from '@overair/protocol/client';
import { withoutUndefined } from '@overair/protocol/without-undefined';
import { CliError, cancelled } from '../cli-error.ts';
import { splitList } from '../comma-list.ts';
import type { Context } from '../context.ts';
import { openRemote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';
import { getOrganizationId, type OfOrganization } from './organization.ts';

export async function listGroups(context: Context, options: OfOrganization) {
  const remote = await openRemote(context, options);
  const orgId = await getOrganizationId(remote, options);
  const groups = await remote.client.push.groups({ orgId });
  context.ui.table(
    [
      { title: 'GroupKey', cell: (row) => style.id(row.group_key) },
      { title: 'Name', cell: (row) => row.name },
      { title: 'Apps', cell: (row) => row.app_ids.join(', ') },
      { title: 'State', cell: (row) => (row.enabled ? 'on' : style.warning('off')) },
    ],
    groups,
    'No groups.',
  );
  return groups;
}

export interface GroupOptions extends OfOrganization {
  name?: string;
  /** Comma list of app ids. */
  apps?: string;
  /** False with `--disable`. */
  enable?: boolean;
  disable?: boolean;
}

export async function createGroup(context: Context, options: GroupOptions, name: string) {
  const remote = await openRemote(context, options);
  const orgId = await getOrganizationId(remote, options);
  const body = { orgId, name, ...(options.apps ? { app_ids: splitList(options.apps) } : {}) };
  const group = await remote.client.push.createGroup(body);
  context.ui.success(`Group ${name}. Its secret is shown only now:`);
  context.ui.say(`  GroupKey            ${group.group_key}\n  Group master secret ${group.group_secret}`);
  return group;
}

type GroupChange = Parameters<Client['push']['updateGroup']>[0];

export async function setGroup(context: Context, options: GroupOptions, group_key: string) {
  const { name, apps, enable, disable } = options;
  const changes = withoutUndefined<Omit<GroupChange, 'orgId' | 'group_key'>>({
    name,
    app_ids: apps === undefined ? undefined : splitList(apps),
    enabled: enable ? true : disable ? false : undefined,
  });
  if (Object.keys(changes).length === 0) throw new CliError('missing_argument', 'Nothing to set.');
  const remote = await openRemote(context, options);
  const orgId = await getOrganizationId(remote, options);
  await remote.client.push.updateGroup({ orgId, group_key, ...changes });
  context.ui.success(`Group ${style.id(group_key)} is changed.`);
  return { orgId, group_key, ...changes };
}

export async function rotateGroupSecret(context: Context, options: OfOrganization, group_key: string) {
  const remote = await openRemote(context, options);
  const orgId = await getOrganizationId(remote, options);
  const message = `Give group ${group_key} a new secret?`;
  if (!(await context.ui.confirm({ message, flag: '--yes' }))) throw cancelled();
  const body = { orgId, group_key };
  const rotated = await remote.client.push.rotateGroupSecret(body);
  context.ui.success('The new group master secret, shown only now:');
  context.ui.say(rotated.group_secret);
  return { group_key, ...rotated };
}

export async function deleteGroup(context: Context, options: OfOrganization, group_key: string) {
  const remote = await openRemote(context, options);
  const orgId = await getOrganizationId(remote, options);
  if (!(await context.ui.confirm({ message: `Delete group ${group_key}?`, flag: '--yes' }))) throw cancelled();
  await remote.client.push.deleteGroup({ orgId, group_key });
  context.ui.success(`Group ${style.id(group_key)} is deleted.`);
  return { orgId, group_key, deleted: true };
}
