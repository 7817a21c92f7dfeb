// What the actions that devices report say about a bundle: which trial of it they are about, and whose fault a failure is.

/** A device opens a bundle that it downloaded, and starts it later. Source: docs/protocol/device.md §10.6. */
export type Trial = 'opening' | 'starting';

/**
 * `archive`: the zip cannot be unpacked. On one device that is the device, which is how it is shown; on all of them it is the bundle, so
 * the guard counts it: docs/decisions/0015-whose-fault.md.
 */
export type Fault = 'bundle' | 'archive' | 'network' | 'device';

export interface BundleReport {
  /** Null: the device never had the whole bundle, or no place for it. */
  readonly trial: Trial | null;
  /** Null: the trial was passed. */
  readonly fault: Fault | null;
  /** The wrong key, or none, explains it as well: docs/protocol/device.md §6.5. */
  readonly mayBeTheKey?: true;
}

const passed = (trial: Trial): BundleReport => ({ trial, fault: null });
const failed = (trial: Trial | null, fault: Fault): BundleReport => ({ trial, fault });
const unopened: BundleReport = { trial: 'opening', fault: 'bundle', mayBeTheKey: true };

/** By action. Crashes and errors of the page come after the trials. Source: docs/protocol/device.md §10.4. */
export const bundleReports: Readonly<Record<string, BundleReport>> = {
  download_complete: passed('opening'),
  decrypt_fail: unopened,
  checksum_fail: unopened,
  session_key_required: unopened,
  finish_download_fail: unopened,
  download_manifest_checksum_fail: unopened,
  download_manifest_brotli_fail: unopened,
  checksum_required: failed('opening', 'bundle'),
  manifest_path_fail: failed('opening', 'bundle'),
  unzip_fail: { trial: 'opening', fault: 'archive', mayBeTheKey: true },
  windows_path_fail: failed('opening', 'archive'),
  canonical_path_fail: failed('opening', 'archive'),
  directory_path_fail: failed('opening', 'archive'),

  set: passed('starting'),
  app_launch_ready: passed('starting'),
  update_fail: failed('starting', 'bundle'),
  set_fail: failed('starting', 'bundle'),
  app_launch_timeout: failed('starting', 'bundle'),

  download_fail: failed(null, 'network'),
  download_manifest_file_fail: failed(null, 'network'),
  low_mem_fail: failed(null, 'device'),
  insufficient_disk_space: failed(null, 'device'),
};

const actionsThat = (are: (report: BundleReport) => boolean | undefined): string[] =>
  Object.keys(bundleReports).filter((action) => are(bundleReports[action]!));

/** The guard's evidence. */
export const trialActions = (trial: Trial, result: 'passed' | 'failed'): string[] =>
  actionsThat((report) => report.trial === trial && (report.fault !== null) === (result === 'failed'));

/** Failures that are the bundle's fault, on whatever device. */
export const bundleFailures: readonly string[] = actionsThat(({ fault }) => fault === 'bundle');

/** Failures of a bundle that arrived and could not be opened: with the wrong key, or without one, it never can be. */
export const provesUnopened: ReadonlySet<string> = new Set(actionsThat(({ mayBeTheKey }) => mayBeTheKey));
