// Who may do what, route by route (docs/protocol/management.md §5.2): the permission matrix compares the server with this.

import { movingCalls } from '@overair/protocol/manage/rehearsal';
import type { Right } from '../../../accounts/rights.ts';

interface Refusal {
  status: number;
  /** `error`, or `code` on /app. */
  code: string;
}

export interface Entry {
  /** `METHOD path`, as in the API description. */
  route: string;
  /** Tells several entries of one route apart. */
  form?: string;
  /** What the right is asked on. `{TARGET}` stands for its id, `{R1}` for that of a release of the channel production. */
  on: 'app' | 'org';
  least: Right;
  /** The channel that it is about, where the right on one channel is enough. */
  channel?: 'production' | 'beta';
  /** The answer to who does not see that channel; `unseen` unless told. */
  unseenChannel?: Refusal;
  /** The answer to who may on another channel of the app; `insufficient` unless told. */
  insufficientChannel?: Refusal;
  /** Open to an upload key of one channel, though no channel is named. */
  uploads?: true;
  url?: string;
  body?: object;
  /** For callers who see the target but may not. */
  insufficient: Refusal;
  /** For callers who do not see it; unknown targets answer the same. */
  unseen: Refusal;
}

const both = (status: number, code: string) => ({ insufficient: { status, code }, unseen: { status, code } });
const appNotFound = { status: 404, code: 'cannot_find_app' };
const app_id = '{TARGET}';
const orgId = '{TARGET}';
const range = 'from=2024-01-01&to=2024-01-02';
const webhookId = '00000000-0000-4000-8000-000000000000';
const webhooks = {
  on: 'org',
  least: 'admin',
  insufficient: { status: 400, code: 'no_permission' },
  unseen: { status: 400, code: 'invalid_org_id' },
} as const;

const plainTable: Entry[] = [
  {
    route: 'GET /app/{app_id}',
    on: 'app',
    least: 'app_visitor',
    insufficient: { status: 401, code: 'cannot_access_app' },
    unseen: appNotFound,
  },
  {
    route: 'POST /app',
    on: 'org',
    least: 'write',
    body: { app_id: 'com.new.app', name: 'x', owner_org: orgId },
    ...both(403, 'cannot_access_organization'),
  },
  {
    route: 'PUT /app/{app_id}',
    on: 'app',
    least: 'write',
    body: { name: 'x' },
    insufficient: { status: 401, code: 'cannot_access_app' },
    unseen: appNotFound,
  },
  {
    route: 'DELETE /app/{app_id}',
    on: 'app',
    least: 'admin',
    insufficient: { status: 400, code: 'cannot_delete_app' },
    unseen: appNotFound,
  },

  {
    route: 'GET /bundle',
    on: 'app',
    least: 'app_visitor',
    url: '/bundle?app_id={TARGET}',
    ...both(400, 'cannot_get_bundle'),
  },
  {
    route: 'GET /bundle/compare',
    on: 'app',
    least: 'read',
    url: '/bundle/compare?app_id={TARGET}&a=1.0.0&b=1.0.0',
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'POST /bundle',
    on: 'app',
    least: 'upload',
    uploads: true,
    body: { app_id, version: '9.0.0', external_url: 'https://x.test/b.zip', checksum: 'c' },
    ...both(400, 'cannot_create_bundle'),
  },
  {
    route: 'PUT /bundle',
    on: 'app',
    least: 'upload',
    channel: 'production',
    body: { app_id, version_id: 1, channel_id: 1 },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'POST /bundle/metadata',
    on: 'app',
    least: 'upload',
    body: { app_id, version_id: 999_999 },
    ...both(400, 'cannot_update_bundle_metadata'),
  },
  {
    route: 'DELETE /bundle',
    on: 'app',
    least: 'write',
    body: { app_id, version: '9.9.9' },
    ...both(400, 'cannot_delete_bundle'),
  },

  {
    route: 'GET /channel',
    on: 'app',
    least: 'read',
    channel: 'production',
    url: '/channel?app_id={TARGET}',
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'POST /channel',
    form: 'promote',
    on: 'app',
    least: 'upload',
    channel: 'production',
    body: { app_id, channel: 'production', version: '1.1.0' },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'POST /channel',
    form: 'settings',
    on: 'app',
    least: 'write',
    channel: 'production',
    body: { app_id, channel: 'production', ios: true },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'POST /channel',
    form: 'rollout',
    on: 'app',
    least: 'write',
    channel: 'production',
    body: { app_id, channel: 'production', rollback: true },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'POST /channel',
    form: 'promote elsewhere',
    on: 'app',
    least: 'upload',
    channel: 'beta',
    body: { app_id, channel: 'beta', version: '1.1.0' },
    insufficientChannel: { status: 400, code: 'cannot_promote_bundle' },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'POST /channel',
    form: 'create',
    on: 'app',
    least: 'write',
    body: { app_id, channel: 'new' },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'DELETE /channel',
    form: 'elsewhere',
    on: 'app',
    least: 'app_admin',
    channel: 'beta',
    unseenChannel: { status: 400, code: 'cannot_find_channel' },
    body: { app_id, channel: 'beta' },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'DELETE /channel',
    on: 'app',
    least: 'app_admin',
    channel: 'production',
    body: { app_id, channel: 'production' },
    ...both(400, 'cannot_access_app'),
  },

  {
    route: 'GET /release',
    on: 'app',
    least: 'read',
    channel: 'production',
    url: '/release?app_id={TARGET}',
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'GET /release/{release_id}',
    on: 'app',
    least: 'read',
    channel: 'production',
    url: '/release/{R1}?app_id={TARGET}',
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'GET /attention',
    on: 'app',
    least: 'app_visitor',
    url: '/attention?app_id={TARGET}',
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'POST /approval',
    on: 'app',
    least: 'upload',
    channel: 'production',
    body: { call: 'POST /channel', input: { app_id, channel: 'production', version: '1.1.0' } },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'GET /approval/{approval_id}',
    on: 'app',
    least: 'read',
    url: '/approval/1?app_id={TARGET}',
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'POST /freeze',
    on: 'app',
    least: 'write',
    channel: 'production',
    body: { app_id, channel: 'production', name: 'x', from: '2099-01-01T00:00:00Z', to: '2099-01-02T00:00:00Z' },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'DELETE /freeze',
    on: 'org',
    least: 'admin',
    body: { orgId: '{TARGET}', freeze_id: 1 },
    ...both(403, 'cannot_access_organization'),
  },
  {
    route: 'GET /approval',
    on: 'app',
    least: 'read',
    url: '/approval?app_id={TARGET}',
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'POST /approval/answer',
    on: 'app',
    least: 'upload',
    body: { app_id, approval_id: 1, answer: 'refuse' },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'GET /freeze',
    on: 'app',
    least: 'read',
    channel: 'production',
    url: '/freeze?app_id={TARGET}',
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'POST /release',
    on: 'app',
    least: 'upload',
    channel: 'production',
    body: { app_id, channel: 'production', version: '1.1.0', plan: 'careful' },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'POST /release/plan',
    form: 'pause',
    on: 'app',
    least: 'upload',
    channel: 'production',
    body: { app_id, release_id: '{R1}', action: 'pause' },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'POST /release/plan',
    form: 'next',
    on: 'app',
    least: 'write',
    channel: 'production',
    body: { app_id, release_id: '{R1}', action: 'next' },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'POST /release/guard',
    form: 'keep',
    on: 'app',
    least: 'write',
    channel: 'production',
    body: { app_id, release_id: '{R1}', answer: 'keep' },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'POST /release/guard',
    form: 'take back',
    on: 'app',
    least: 'upload',
    channel: 'production',
    body: { app_id, release_id: '{R1}', answer: 'take_back' },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'POST /release/{release_id}/signal',
    on: 'app',
    least: 'upload',
    channel: 'production',
    url: '/release/{R1}/signal',
    body: { app_id, name: 'crashes', value: 1, bound: 2 },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'POST /rollback',
    on: 'app',
    least: 'upload',
    channel: 'production',
    body: { app_id, channel: 'production' },
    ...both(400, 'cannot_access_app'),
  },

  {
    route: 'GET /polled',
    on: 'app',
    least: 'read',
    channel: 'production',
    url: '/polled?app_id={TARGET}',
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'PUT /polled',
    on: 'app',
    least: 'write',
    channel: 'production',
    body: { app_id, channel: 'production', name: 'n', url: 'https://numbers.example.com/n', bound: 1 },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'DELETE /polled',
    on: 'app',
    least: 'write',
    channel: 'production',
    body: { app_id, channel: 'production', name: 'n' },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'GET /withheld',
    on: 'app',
    least: 'read',
    url: '/withheld?app_id={TARGET}',
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'POST /withheld/lift',
    on: 'app',
    least: 'upload',
    channel: 'production',
    body: { app_id, id: 999_999 },
    ...both(400, 'cannot_access_app'),
  },
  ...['log', 'explain'].map(
    (what): Entry => ({
      route: `GET /device/${what}`,
      on: 'app',
      least: 'read',
      url: `/device/${what}?app_id={TARGET}&device_id=d`,
      ...both(400, 'cannot_access_app'),
    }),
  ),
  { route: 'GET /device', on: 'app', least: 'read', url: '/device?app_id={TARGET}', ...both(400, 'cannot_access_app') },
  {
    route: 'POST /device',
    form: 'channel',
    on: 'app',
    least: 'write',
    channel: 'beta',
    body: { app_id, device_id: 'd', channel: 'beta' },
    insufficient: { status: 400, code: 'cannot_access_channel' },
    unseen: { status: 404, code: 'channel_not_found' },
  },
  {
    route: 'POST /device',
    form: 'nothing',
    on: 'app',
    least: 'write',
    body: { app_id, device_id: 'd' },
    ...both(400, 'cannot_access_app'),
  },
  {
    route: 'DELETE /device',
    on: 'app',
    least: 'write',
    body: { app_id, device_id: 'd' },
    ...both(400, 'cannot_access_app'),
  },

  ...['outcomes', 'failures', 'events'].map(
    (what): Entry => ({
      route: `GET /app/{app_id}/${what}`,
      on: 'app',
      least: 'read',
      url: `/app/{TARGET}/${what}${what === 'events' ? '?follow=false' : ''}`,
      insufficient: { status: 401, code: 'cannot_access_app' },
      unseen: appNotFound,
    }),
  ),
  {
    route: 'GET /statistics/app/{app_id}',
    on: 'app',
    least: 'read',
    url: `/statistics/app/{TARGET}?${range}`,
    ...both(401, 'no_access_to_app'),
  },
  {
    route: 'GET /statistics/app/{app_id}/bundle_usage',
    on: 'app',
    least: 'read',
    url: `/statistics/app/{TARGET}/bundle_usage?${range}`,
    ...both(401, 'no_access_to_app'),
  },
  {
    route: 'GET /statistics/app/{app_id}/native_usage',
    on: 'app',
    least: 'read',
    url: `/statistics/app/{TARGET}/native_usage?${range}`,
    ...both(401, 'no_access_to_app'),
  },
  {
    route: 'GET /statistics/app/{app_id}/held_back',
    on: 'app',
    least: 'read',
    url: `/statistics/app/{TARGET}/held_back?${range}`,
    ...both(401, 'no_access_to_app'),
  },
  {
    route: 'GET /statistics/org/{org_id}',
    on: 'org',
    least: 'read',
    url: `/statistics/org/{TARGET}?${range}`,
    ...both(401, 'no_access_to_organization'),
  },

  {
    route: 'GET /organization',
    on: 'org',
    least: 'org_reader',
    url: '/organization?orgId={TARGET}',
    ...both(400, 'invalid_org_id'),
  },
  {
    route: 'GET /organization/settings',
    on: 'org',
    least: 'org_reader',
    url: '/organization/settings?orgId={TARGET}',
    ...both(400, 'invalid_org_id'),
  },
  {
    route: 'PUT /organization',
    on: 'org',
    least: 'admin',
    body: { orgId, website: 'https://x.test' },
    ...both(400, 'cannot_access_organization'),
  },
  { route: 'DELETE /organization', on: 'org', least: 'super_admin', body: { orgId }, ...both(403, 'invalid_org_id') },
  {
    route: 'GET /organization/members',
    on: 'org',
    least: 'read',
    url: '/organization/members?orgId={TARGET}',
    ...both(400, 'cannot_access_organization'),
  },
  {
    route: 'POST /organization/members',
    on: 'org',
    least: 'admin',
    body: { orgId, email: 'n@example.test', invite_type: 'read' },
    ...both(400, 'cannot_access_organization'),
  },
  {
    route: 'PUT /organization/members',
    on: 'org',
    least: 'admin',
    body: { orgId, email: 'nobody@example.test', role: 'read' },
    ...both(400, 'cannot_access_organization'),
  },
  {
    route: 'DELETE /organization/members',
    on: 'org',
    least: 'admin',
    body: { orgId, email: 'nobody@example.test' },
    ...both(400, 'cannot_access_organization'),
  },
  {
    route: 'GET /organization/audit',
    on: 'org',
    least: 'admin',
    url: '/organization/audit?orgId={TARGET}',
    ...both(400, 'invalid_org_id'),
  },

  { ...webhooks, route: 'GET /webhooks', url: '/webhooks?orgId={TARGET}' },
  { ...webhooks, route: 'POST /webhooks', body: { orgId, name: 'w', url: 'https://example.com', events: ['apps'] } },
  { ...webhooks, route: 'PUT /webhooks', body: { orgId, webhookId, name: 'x' } },
  { ...webhooks, route: 'DELETE /webhooks', body: { orgId, webhookId } },
  { ...webhooks, route: 'POST /webhooks/test', body: { orgId, webhookId } },
  { ...webhooks, route: 'GET /webhooks/deliveries', url: `/webhooks/deliveries?orgId={TARGET}&webhookId=${webhookId}` },
  { ...webhooks, route: 'POST /webhooks/deliveries/retry', body: { orgId, deliveryId: webhookId } },
];

/** Who may make a change may rehearse and prepare it, and nobody else. */
const preparedTable: Entry[] = plainTable
  .filter(({ route }) => (movingCalls as readonly string[]).includes(route))
  .map(({ form, body, ...entry }) => ({
    ...entry,
    route: 'POST /prepare',
    form: `${entry.route} ${form ?? ''}`.trim(),
    body: { call: entry.route, input: body },
  }));

const rehearsedTable: Entry[] = plainTable
  .filter(({ route }) => route === 'POST /channel')
  .map(({ body, ...entry }) => {
    const { app_id: app, channel, ...change } = body as Record<string, unknown>;
    return { ...entry, route: 'POST /rehearse', body: { app_id: app, channel, change } };
  });

export const permissionTable: Entry[] = [...plainTable, ...rehearsedTable, ...preparedTable];

/** Only a key with every right of its owner and without limits. */
export const unrestrictedOnly: { route: string; url?: string; body?: object; refused: Refusal }[] = [
  { route: 'GET /apikey', refused: { status: 401, code: 'cannot_list_apikeys' } },
  { route: 'GET /apikey/{id}', url: '/apikey/999999', refused: { status: 401, code: 'cannot_get_apikey' } },
  { route: 'POST /apikey', body: { name: 'n' }, refused: { status: 400, code: 'cannot_create_apikey' } },
  { route: 'PUT /apikey', body: { id: 999_999, name: 'n' }, refused: { status: 401, code: 'cannot_update_apikey' } },
  {
    route: 'PUT /apikey/{id}',
    url: '/apikey/999999',
    body: { name: 'n' },
    refused: { status: 401, code: 'cannot_update_apikey' },
  },
  { route: 'DELETE /apikey/{id}', url: '/apikey/999999', refused: { status: 401, code: 'cannot_delete_apikey' } },
  {
    route: 'GET /connect/request',
    url: '/connect/request?user_code=BCDF-GHJK',
    refused: { status: 400, code: 'cannot_create_apikey' },
  },
  {
    route: 'POST /connect/approve',
    body: { user_code: 'BCDF-GHJK' },
    refused: { status: 400, code: 'cannot_create_apikey' },
  },
  {
    route: 'POST /connect/deny',
    body: { user_code: 'BCDF-GHJK' },
    refused: { status: 400, code: 'cannot_create_apikey' },
  },
  { route: 'GET /organization/invitations', refused: { status: 403, code: 'permission_denied' } },
  {
    route: 'POST /organization/members/accept',
    body: { orgId: '00000000-0000-4000-8000-000000000000' },
    refused: { status: 403, code: 'permission_denied' },
  },
  { route: 'POST /organization', body: { name: 'New one' }, refused: { status: 403, code: 'permission_denied' } },
];

/** Open to any key, since they show or change nothing but the caller's own; or to nobody in particular. */
export const openToAll: string[] = [
  'GET /app',
  // Rights hang on the matter: attention.db.test.ts.
  'POST /attention/acknowledge',
  'GET /statistics/user',
  'POST /invitation/accept',
  'POST /connect/device',
  'POST /connect/token',
  // Its right is asked in the owner's organization: server.db.test.ts.
  'GET /server',
  // A token is its maker's, and the right is asked again: rehearsals.db.test.ts.
  'POST /commit',
];
