// Every table by name: what Kysely knows of the database. The columns are in tables/, one file per room.

import type { ApikeysTable, OrgsTable, OrgUsersTable, UsersTable } from './tables/accounts.ts';
import type { AlertMailsTable, AttentionMattersTable, ServerProcessesTable } from './tables/attention.ts';
import type { ConnectRequestsTable } from './tables/connect.ts';
import type { DeviceDaysTable, DeviceFailuresTable, DeviceMonthsTable, DevicesTable } from './tables/devices.ts';
import type {
  AuditHeadsTable,
  AuditLogsTable,
  AuditSigningTable,
  DeletedAppsTable,
  DeletedOrgsTable,
  InvitationsTable,
  MauDailyTable,
  NativeDailyTable,
  StorageDailyTable,
} from './tables/management.ts';
import type { SecretFingerprintsTable } from './tables/operations.ts';
import type { PushTables } from './tables/push.ts';
import type { ApprovalsTable, PreparedChangesTable } from './tables/rehearsal.ts';
import type {
  AppsTable,
  BundlesTable,
  ChannelDevicesTable,
  ChannelsTable,
  DeployHistoryTable,
  FormerDefaultsTable,
  FreezesTable,
  HighestVersionsTable,
  ManifestEntriesTable,
  PlanMovesTable,
  ReleaseHistoryTable,
  ReleasePlansTable,
  ReleasesTable,
  StoredObjectsTable,
  WithheldBundlesTable,
} from './tables/releases.ts';
import type {
  PolledNumbersTable,
  ReleaseDevicesTable,
  ReleaseGuardsTable,
  ReleasePlacesTable,
  ReleaseSignalsTable,
} from './tables/rollouts.ts';
import type {
  AccountsTable,
  AuthSessionsTable,
  PasskeysTable,
  TwoFactorsTable,
  VerificationsTable,
} from './tables/sign-in.ts';
import type {
  BandwidthDailyTable,
  ChecksHourlyTable,
  DeviceOutcomesTable,
  HeldBackDailyTable,
  OutcomeCountsTable,
  StatsDailyTable,
  StatsEventsTable,
} from './tables/stats.ts';
import type { UploadPartsTable, UploadsTable } from './tables/uploads.ts';
import type { WebhookDeliveriesTable, WebhooksTable } from './tables/webhooks.ts';

export interface Schema extends PushTables {
  users: UsersTable;
  orgs: OrgsTable;
  org_users: OrgUsersTable;
  apikeys: ApikeysTable;
  connect_requests: ConnectRequestsTable;
  accounts: AccountsTable;
  auth_sessions: AuthSessionsTable;
  verifications: VerificationsTable;
  two_factors: TwoFactorsTable;
  passkeys: PasskeysTable;
  apps: AppsTable;
  stored_objects: StoredObjectsTable;
  uploads: UploadsTable;
  upload_parts: UploadPartsTable;
  bundles: BundlesTable;
  highest_versions: HighestVersionsTable;
  manifest_entries: ManifestEntriesTable;
  channels: ChannelsTable;
  channel_devices: ChannelDevicesTable;
  former_defaults: FormerDefaultsTable;
  deploy_history: DeployHistoryTable;
  releases: ReleasesTable;
  release_history: ReleaseHistoryTable;
  withheld_bundles: WithheldBundlesTable;
  release_plans: ReleasePlansTable;
  plan_moves: PlanMovesTable;
  freezes: FreezesTable;
  release_guards: ReleaseGuardsTable;
  release_devices: ReleaseDevicesTable;
  release_places: ReleasePlacesTable;
  polled_numbers: PolledNumbersTable;
  release_signals: ReleaseSignalsTable;
  devices: DevicesTable;
  device_days: DeviceDaysTable;
  device_months: DeviceMonthsTable;
  device_failures: DeviceFailuresTable;
  stats_events: StatsEventsTable;
  stats_daily: StatsDailyTable;
  held_back_daily: HeldBackDailyTable;
  device_outcomes: DeviceOutcomesTable;
  outcome_counts: OutcomeCountsTable;
  bandwidth_daily: BandwidthDailyTable;
  invitations: InvitationsTable;
  audit_logs: AuditLogsTable;
  audit_heads: AuditHeadsTable;
  audit_signing: AuditSigningTable;
  deleted_apps: DeletedAppsTable;
  deleted_orgs: DeletedOrgsTable;
  storage_daily: StorageDailyTable;
  mau_daily: MauDailyTable;
  native_daily: NativeDailyTable;
  webhooks: WebhooksTable;
  webhook_deliveries: WebhookDeliveriesTable;
  secret_fingerprints: SecretFingerprintsTable;
  checks_hourly: ChecksHourlyTable;
  attention_matters: AttentionMattersTable;
  alert_mails: AlertMailsTable;
  server_processes: ServerProcessesTable;
  prepared_changes: PreparedChangesTable;
  approvals: ApprovalsTable;
}
