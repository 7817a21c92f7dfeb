// Which folder owns each table: its SQL alone names it, so each rule about a table stands in one place. Others call what the owner
// exports: a function, or a fragment for their own statement. `tables.ts` enforces it. Why: docs/decisions/0013-table-owners.md.

/** A folder or file below server/src, and its tables. */
export const TABLES: Readonly<Record<string, string>> = {
  accounts:
    'users orgs org_users apikeys connect_requests invitations audit_logs audit_heads audit_signing deleted_orgs apps deleted_apps ' +
    'accounts auth_sessions verifications two_factors passkeys',
  releases:
    'bundles highest_versions manifest_entries channels channel_devices former_defaults deploy_history releases ' +
    'release_history withheld_bundles release_plans plan_moves freezes',
  devices: 'devices device_days device_months device_failures',
  stats:
    'stats_events stats_daily held_back_daily bandwidth_daily storage_daily mau_daily native_daily device_outcomes outcome_counts checks_hourly',
  push:
    'push_apps push_credentials push_services push_groups push_group_apps push_devices push_device_tags push_device_days ' +
    'push_live_activities push_segments push_messages push_walks push_deliveries push_counts push_failures push_daily ' +
    'push_answers push_plans push_schedules push_schedule_runs push_callbacks push_callback_outbox push_voices',
  webhooks: 'webhooks webhook_deliveries',
  blobs: 'stored_objects uploads upload_parts',
  updates: 'change_feed',
  rollouts: 'release_guards release_devices release_signals release_places polled_numbers',
  attention: 'attention_matters alert_mails server_processes',
  rehearsal: 'prepared_changes approvals',
  db: 'overair_migrations rollup_slots',
  'secret-change.ts': 'secret_fingerprints',
};

/** The places left that name tables of others. `walls.test.ts` fails when one of them is no longer needed. */
export const FOREIGN_TABLES: readonly { path: string; tables: string; reason: string }[] = [
  {
    path: 'rollouts/due-releases.ts',
    tables: 'releases channels stats_events',
    reason: 'one statement finds, among thousands of quiet apps, the releases of which something arrived',
  },
  {
    path: 'rollouts/reported-trials.ts',
    tables: 'stats_events devices',
    reason:
      'one statement reads the last words of devices of which something arrived, and whether they were offered the bundle',
  },
  {
    path: 'rollouts/count-trials.ts',
    tables: 'releases',
    reason: 'what single devices said goes a day after their release',
  },
  {
    path: 'accounts/key-limits.ts',
    tables: 'channels',
    reason: 'keys are limited to channels by id: rights are below the room of channels',
  },
  {
    path: 'accounts/permissions.ts',
    tables: 'channels',
    reason: 'the same, in the statement that finds what a caller may see',
  },
  {
    path: 'devices/write-sightings.ts',
    tables: 'mau_daily native_daily',
    reason: 'one statement notes a batch of devices and counts those that are new, decision 5',
  },
  {
    path: 'stats/record-sql.ts',
    tables: 'devices device_failures',
    reason: 'one statement stores events and what follows from them: group commit, decision 5',
  },
  {
    path: 'stats/outcome-retention.ts',
    tables: 'devices',
    reason: 'one statement forgets what purged devices ran and counts it',
  },
  { path: 'stats/silence.ts', tables: 'devices', reason: 'one statement locks, judges and counts who went silent' },
];
