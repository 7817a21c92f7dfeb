// A typed client of the management and files doors, built on fetch alone: no run-time dependency, so a CLI starts fast.
import { pushMethods } from './client-push.ts';
import type { FindMissing, MissingHashes, UploadDone } from './files.ts';
import type { ApiKey, CreateApiKey, CreatedApiKey, UpdateApiKey } from './manage/apikey.ts';
import type { App, AppList, CreateApp, ListApps, UpdateApp } from './manage/app.ts';
import type * as approvals from './manage/approval.ts';
import type { Attention, Matter, ReadAttention } from './manage/attention.ts';
import type { AuditPage, ListAudit } from './manage/audit.ts';
import type * as bundles from './manage/bundle.ts';
import type * as channels from './manage/channel.ts';
import type { BundleComparison, CompareBundles } from './manage/compare.ts';
import type * as connections from './manage/connect.ts';
import type * as devices from './manage/device.ts';
import type { DeviceLog, ExplainDevice, Explanation, ReadDeviceLog } from './manage/device-log.ts';
import type { Ok } from './manage/formats.ts';
import type * as freezes from './manage/freeze.ts';
import type {
  ChangeMember,
  Invitation,
  InviteMember,
  Member,
  MemberInvited,
  MembershipAccepted,
} from './manage/member.ts';
import type * as orgs from './manage/organization.ts';
import type {
  AppEventPage,
  FailureGroups,
  FollowEvents,
  Outcomes,
  ReadFailures,
  ReadOutcomes,
} from './manage/outcomes.ts';
import type { DeletePolled, ListPolled, Polled, PolledPage, SavePolled } from './manage/polled.ts';
import type * as rehearsals from './manage/rehearsal.ts';
import type * as releases from './manage/release.ts';
import type { ServerState } from './manage/server.ts';
import type * as statistics from './manage/statistics.ts';
import type * as webhooks from './manage/webhook.ts';
import { ApiError, type ClientOptions, createSender, type Sender, type UploadOptions } from './transport.ts';

export {
  ApiError,
  type ClientOptions,
  type ForeignSender,
  foreignAnswer,
  NetworkError,
  type UploadOptions,
} from './transport.ts';

export type Client = ReturnType<typeof createClient>;

/** Methods throw `ApiError` when the server refuses and `NetworkError` when it cannot be reached. */
export function createClient(options: ClientOptions) {
  const send = createSender(options);
  return {
    apps: appMethods(send),
    bundles: bundleMethods(send),
    channels: channelMethods(send),
    releases: releaseMethods(send),
    rehearsals: rehearsalMethods(send),
    freezes: freezeMethods(send),
    approvals: approvalMethods(send),
    devices: deviceMethods(send),
    organizations: organizationMethods(send),
    keys: keyMethods(send),
    connect: connectMethods(send),
    statistics: statisticsMethods(send),
    webhooks: webhookMethods(send),
    push: pushMethods(send),
    files: fileMethods(send),
    attention: attentionMethods(send),
    /** How the server itself is doing; for its owner. */
    server: () => send.json<ServerState>('GET', '/server'),
    /** Any other route of the server, with the same key and errors. */
    request: send.json,
  };
}

function appMethods({ json }: Sender) {
  const path = (app_id: string) => `/app/${encodeURIComponent(app_id)}`;
  return {
    list: async (query: ListApps = {}) => (await json<AppList>('GET', '/app', { query })).data,
    get: (app_id: string) => json<App>('GET', path(app_id)),
    create: (body: CreateApp) => json<App>('POST', '/app', { body }),
    update: (app_id: string, body: UpdateApp) => json<App>('PUT', path(app_id), { body }),
    delete: (app_id: string) => json<Ok>('DELETE', path(app_id)),
    outcomes: (app_id: string, query: ReadOutcomes = {}) =>
      json<Outcomes>('GET', `${path(app_id)}/outcomes`, { query: { ...query } }),
    events: (app_id: string, query: FollowEvents = {}) =>
      json<AppEventPage>('GET', `${path(app_id)}/events`, { query: { ...query, follow: false } }),
    failures: (app_id: string, query: ReadFailures = {}) =>
      json<FailureGroups>('GET', `${path(app_id)}/failures`, { query: { ...query } }),
  };
}

function bundleMethods({ json }: Sender) {
  return {
    /** One page, newest first; empty where the wire answers "Cannot get bundle" for "nothing to show". */
    list: (query: bundles.ListBundles) =>
      json<bundles.Bundle[]>('GET', '/bundle', { query }).catch((error: unknown) => {
        if (isNothingToShow(error)) return [];
        throw error;
      }),
    create: async (body: bundles.CreateBundle) =>
      (await json<bundles.BundleCreated>('POST', '/bundle', { body })).bundle,
    setChannel: (body: bundles.SetBundle) => json<bundles.BundleSet>('PUT', '/bundle', { body }),
    updateMetadata: (body: bundles.UpdateBundleMetadata) => json<Ok>('POST', '/bundle/metadata', { body }),
    delete: (body: bundles.DeleteBundle) => json<Ok>('DELETE', '/bundle', { body }),
    /** Two bundles side by side. */
    compare: (query: CompareBundles) => json<BundleComparison>('GET', '/bundle/compare', { query }),
  };
}

const isNothingToShow = (error: unknown) =>
  error instanceof ApiError && error.code === 'cannot_get_bundle' && error.message === 'Cannot get bundle';

function channelMethods({ json }: Sender) {
  return {
    list: (query: { app_id: string; page?: number }) => json<channels.Channel[]>('GET', '/channel', { query }),
    get: (app_id: string, channel: string) => json<channels.Channel>('GET', '/channel', { query: { app_id, channel } }),
    /** Creates the channel or changes only the given settings. */
    save: (body: channels.UpsertChannel) => json<channels.ChannelSaved>('POST', '/channel', { body }),
    delete: (body: channels.DeleteChannel) => json<Ok>('DELETE', '/channel', { body }),
  };
}

function rehearsalMethods({ json }: Sender) {
  return {
    rehearse: (body: rehearsals.Rehearse) => json<rehearsals.Rehearsal>('POST', '/rehearse', { body }),
    prepare: (body: rehearsals.Prepare) => json<rehearsals.Prepared>('POST', '/prepare', { body }),
    /** Whoever repeats `idempotencyKey` gets the first answer. */
    commit: (body: rehearsals.Commit, idempotencyKey: string) =>
      json<rehearsals.Committed>('POST', '/commit', { body, headers: { 'idempotency-key': idempotencyKey } }),
  };
}

function freezeMethods({ json }: Sender) {
  const path = '/freeze';
  return {
    list: async (query: freezes.ListFreezes) => (await json<freezes.FreezeList>('GET', path, { query })).data,
    add: (body: freezes.AddFreeze) => json<freezes.Freeze>('POST', path, { body }),
    remove: (body: freezes.RemoveFreeze) => json<Ok>('DELETE', path, { body }),
  };
}

function approvalMethods({ json }: Sender) {
  const path = '/approval';
  return {
    list: async (query: approvals.ListApprovals) => (await json<approvals.ApprovalPage>('GET', path, { query })).data,
    get: (app_id: string, id: number) => json<approvals.Approval>('GET', `${path}/${id}`, { query: { app_id } }),
    /** Asks a second person for a call that moves phones. */
    request: (body: approvals.RequestApproval) => json<approvals.Approval>('POST', path, { body }),
    answer: (body: approvals.AnswerApproval) => json<approvals.ApprovalAnswered>('POST', `${path}/answer`, { body }),
  };
}

function releaseMethods({ json }: Sender) {
  return {
    list: async (query: releases.ListReleases) => (await json<releases.ReleasePage>('GET', '/release', { query })).data,
    get: (app_id: string, id: number) => json<releases.Release>('GET', `/release/${id}`, { query: { app_id } }),
    /** Begins to release a bundle by a plan. */
    start: (body: releases.StartRelease) => json<releases.Release>('POST', '/release', { body }),
    movePlan: (body: releases.MovePlan) => json<releases.Release>('POST', '/release/plan', { body }),
    answerGuard: (body: releases.AnswerGuard) => json<releases.Release>('POST', '/release/guard', { body }),
    signal: ({ release_id, ...body }: releases.SendSignal) =>
      json<releases.Release>('POST', `/release/${release_id}/signal`, { body }),
    listPolled: async (query: ListPolled) => (await json<PolledPage>('GET', '/polled', { query })).data,
    savePolled: (body: SavePolled) => json<Polled>('PUT', '/polled', { body }),
    deletePolled: (body: DeletePolled) => json<Ok>('DELETE', '/polled', { body }),
    listWithheld: async (query: releases.ListWithheld) =>
      (await json<releases.WithheldPage>('GET', '/withheld', { query })).data,
    liftWithheld: (body: releases.LiftWithheld) => json<releases.Withheld>('POST', '/withheld/lift', { body }),
    rollBack: (body: releases.Rollback) => json<releases.RolledBack>('POST', '/rollback', { body }),
  };
}

function attentionMethods({ json }: Sender) {
  return {
    /** What needs the caller, the most urgent first. */
    list: (query: ReadAttention = {}) => json<Attention>('GET', '/attention', { query }),
    acknowledge: (id: string) => json<Matter>('POST', '/attention/acknowledge', { body: { id } }),
  };
}

function deviceMethods({ json }: Sender) {
  return {
    list: (query: Omit<devices.ListDevices, 'device_id'>) => json<devices.DeviceList>('GET', '/device', { query }),
    get: (app_id: string, device_id: string) =>
      json<devices.Device>('GET', '/device', { query: { app_id, device_id } }),
    /** What it reported and what it was told, oldest first; `after` is the cursor of the page before. */
    log: (query: ReadDeviceLog) => json<DeviceLog>('GET', '/device/log', { query }),
    /** Why it does, or does not, get an update. */
    explain: (query: ExplainDevice) => json<Explanation>('GET', '/device/explain', { query }),
    /** Forces a device onto a private channel. */
    setChannel: (body: devices.SetDevice) => json<Ok>('POST', '/device', { body }),
    clearChannel: (body: devices.ClearDevice) => json<Ok>('DELETE', '/device', { body }),
  };
}

function organizationMethods({ json }: Sender) {
  const path = '/organization';
  return {
    list: (query: { page?: number } = {}) => json<orgs.Organization[]>('GET', path, { query }),
    get: (orgId: string) => json<orgs.Organization>('GET', path, { query: { orgId } }),
    settings: (orgId: string) => json<orgs.OrganizationSettings>('GET', `${path}/settings`, { query: { orgId } }),
    create: (body: orgs.CreateOrganization) => json<orgs.OrganizationCreated>('POST', path, { body }),
    update: async (body: orgs.UpdateOrganization) => (await json<orgs.OrganizationUpdated>('PUT', path, { body })).data,
    delete: (orgId: string) => json<Ok>('DELETE', path, { body: { orgId } }),
    members: (orgId: string) => json<Member[]>('GET', `${path}/members`, { query: { orgId } }),
    invite: (body: InviteMember) => json<MemberInvited>('POST', `${path}/members`, { body }),
    changeMember: (body: ChangeMember) => json<Ok>('PUT', `${path}/members`, { body }),
    /** Those that the key's own account can accept. */
    invitations: () => json<Invitation[]>('GET', `${path}/invitations`),
    acceptMembership: (orgId: string) =>
      json<MembershipAccepted>('POST', `${path}/members/accept`, { body: { orgId } }),
    removeMember: (body: { orgId: string; email: string }) => json<Ok>('DELETE', `${path}/members`, { body }),
    audit: (query: ListAudit) => json<AuditPage>('GET', `${path}/audit`, { query }),
  };
}

function keyMethods({ json }: Sender) {
  const path = (id: number | string) => `/apikey/${encodeURIComponent(id)}`;
  return {
    list: () => json<ApiKey[]>('GET', '/apikey'),
    get: (id: number | string) => json<ApiKey>('GET', path(id)),
    /** The only time the key itself is shown. */
    create: (body: CreateApiKey) => json<CreatedApiKey>('POST', '/apikey', { body }),
    update: (id: number | string, body: UpdateApiKey) => json<ApiKey>('PUT', path(id), { body }),
    /** The old key stops working at once. */
    regenerate: (id: number | string) => json<CreatedApiKey>('PUT', path(id), { body: { regenerate: true } }),
    delete: (id: number | string) => json<Ok>('DELETE', path(id)),
  };
}

function connectMethods({ json }: Sender) {
  return {
    /** Asks for a key that an owner approves in a browser; needs none itself. */
    ask: (body: connections.AskToConnect) => json<connections.ConnectCodes>('POST', '/connect/device', { body }),
    /** The key, once; until then `ApiError` with the codes of RFC 8628, `authorization_pending` first of all. */
    fetchKey: (device_code: string) =>
      json<connections.ConnectedKey>('POST', '/connect/token', { body: { device_code } }),
    /** Who waits with this code. */
    get: (user_code: string) => json<connections.ConnectRequest>('GET', '/connect/request', { query: { user_code } }),
    approve: (body: connections.ApproveConnect) => json<Ok>('POST', '/connect/approve', { body }),
    deny: (user_code: string) => json<Ok>('POST', '/connect/deny', { body: { user_code } }),
  };
}

interface Range {
  from: string;
  to: string;
  noAccumulate?: boolean;
}

function statisticsMethods({ json }: Sender) {
  const path = (app_id: string) => `/statistics/app/${encodeURIComponent(app_id)}`;
  const orgPath = (orgId: string) => `/statistics/org/${encodeURIComponent(orgId)}`;
  return {
    app: (app_id: string, query: Range) =>
      json<statistics.DayStatistics[]>('GET', path(app_id), { query: { ...query } }),
    organization: (orgId: string, query: Range) =>
      json<statistics.DayStatistics[]>('GET', orgPath(orgId), { query: { ...query } }),
    organizationByApp: (orgId: string, query: Range) =>
      json<statistics.StatisticsBreakdown>('GET', orgPath(orgId), { query: { ...query, breakdown: true } }),
    user: (query: Range) => json<statistics.DayStatistics[]>('GET', '/statistics/user', { query: { ...query } }),
    bundleUsage: (app_id: string, query: Omit<Range, 'noAccumulate'>) =>
      json<statistics.BundleUsage>('GET', `${path(app_id)}/bundle_usage`, { query }),
    heldBack: (app_id: string, query: Omit<Range, 'noAccumulate'>) =>
      json<statistics.HeldBack>('GET', `${path(app_id)}/held_back`, { query }),
    nativeUsage: (app_id: string, query: Omit<Range, 'noAccumulate'>) =>
      json<statistics.NativeUsage>('GET', `${path(app_id)}/native_usage`, { query }),
  };
}

function webhookMethods({ json }: Sender) {
  const path = '/webhooks';
  return {
    list: (query: { orgId: string; page?: number }) => json<webhooks.Webhook[]>('GET', path, { query }),
    get: (orgId: string, webhookId: string) =>
      json<webhooks.WebhookWithStats>('GET', path, { query: { orgId, webhookId } }),
    create: async (body: webhooks.CreateWebhook) =>
      (await json<webhooks.WebhookCreated>('POST', path, { body })).webhook,
    update: async (body: webhooks.UpdateWebhook) =>
      (await json<webhooks.WebhookUpdated>('PUT', path, { body })).webhook,
    delete: (body: webhooks.WebhookReference) => json<webhooks.WebhookDeleted>('DELETE', path, { body }),
    test: (body: webhooks.WebhookReference) => json<webhooks.WebhookTested>('POST', `${path}/test`, { body }),
    deliveries: (query: webhooks.ListDeliveries) => json<webhooks.DeliveryPage>('GET', `${path}/deliveries`, { query }),
    retryDelivery: (body: webhooks.RetryDelivery) =>
      json<webhooks.DeliveryQueued>('POST', `${path}/deliveries/retry`, { body }),
  };
}

function fileMethods({ json, bytes }: Sender) {
  return {
    /** The hashes the server does not hold for this app; at most 10,000 in one call. */
    missing: async (body: FindMissing) => (await json<MissingHashes>('POST', '/files/missing', { body })).missing,
    upload: (upload: UploadOptions) => bytes<UploadDone>('PUT', '/files/upload', upload),
  };
}
