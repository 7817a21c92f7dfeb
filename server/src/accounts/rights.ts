// The scale of rights, what each of them allows, and the roles that stand for them.

import type { KeyMode, UserRight } from '../db/tables/accounts.ts';

/**
 * `org_reader` is what a key limited to apps may do with the organization around them, `app_visitor` what a key
 * limited to channels may do with the app around them, `app_admin` everything in an app but to delete it.
 */
export type Right = 'org_reader' | 'app_visitor' | UserRight | 'app_admin';

const order: readonly Right[] = [
  'org_reader',
  'app_visitor',
  'read',
  'upload',
  'write',
  'app_admin',
  'admin',
  'super_admin',
];

export const rank = (right: Right): number => order.indexOf(right);

export const lesser = (one: Right, other: Right): Right => (rank(one) < rank(other) ? one : other);

/** The least right that each permission needs. */
export const permissions = {
  'org.read': 'org_reader',
  'org.read_members': 'read',
  'org.read_statistics': 'read',
  'org.create_app': 'write',
  'org.read_audit': 'admin',
  'org.update_settings': 'admin',
  'org.invite_user': 'admin',
  'org.update_user_roles': 'admin',
  'org.manage_webhooks': 'admin',
  'org.delete': 'super_admin',
  'app.read': 'app_visitor',
  'app.read_bundles': 'app_visitor',
  'app.read_devices': 'read',
  'app.read_push': 'read',
  'app.read_statistics': 'read',
  'app.upload_bundle': 'upload',
  'app.update_settings': 'write',
  'app.create_channel': 'write',
  'app.manage_devices': 'write',
  'app.delete': 'admin',
  'bundle.update_metadata': 'upload',
  'bundle.delete': 'write',
  'channel.read': 'read',
  'channel.promote_bundle': 'upload',
  'channel.update_settings': 'write',
  'channel.manage_forced_devices': 'write',
  'channel.delete': 'app_admin',
} as const satisfies Record<string, Right>;

export type Permission = keyof typeof permissions;

/** A key never gives more than its owner has, nor more than its mode says. */
export const mostByMode: Record<KeyMode, Right> = {
  read: 'read',
  upload: 'upload',
  write: 'write',
  all: 'super_admin',
};

export type Scope = 'org' | 'app' | 'channel';

/** Roles that a binding can name, by the place they belong to. */
export const roles: Record<string, { scope: Scope; right: Right }> = {
  org_super_admin: { scope: 'org', right: 'super_admin' },
  org_admin: { scope: 'org', right: 'admin' },
  org_member: { scope: 'org', right: 'read' },
  app_admin: { scope: 'app', right: 'app_admin' },
  app_developer: { scope: 'app', right: 'write' },
  app_uploader: { scope: 'app', right: 'upload' },
  app_reader: { scope: 'app', right: 'read' },
  channel_admin: { scope: 'channel', right: 'app_admin' },
  channel_developer: { scope: 'channel', right: 'write' },
  channel_uploader: { scope: 'channel', right: 'upload' },
  channel_reader: { scope: 'channel', right: 'read' },
};
