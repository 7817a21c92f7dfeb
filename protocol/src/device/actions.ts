// The names of everything a device reports, and of what the server notes about its own answers.

/** What devices report. Source: docs/protocol/device.md §7.5. */
export const deviceActions = [
  'set',
  'set_next',
  'set_fail',
  'update_fail',
  'reset',
  'delete',
  'app_launch_start',
  'app_launch_ready',
  'app_launch_timeout',
  'app_moved_to_foreground',
  'app_moved_to_background',
  'blocked_by_server_url',
  'download_0',
  'download_10',
  'download_20',
  'download_30',
  'download_40',
  'download_50',
  'download_60',
  'download_70',
  'download_80',
  'download_90',
  'download_complete',
  'download_zip_start',
  'download_zip_complete',
  'download_manifest_start',
  'download_manifest_complete',
  'download_fail',
  'finish_download_fail',
  'checksum_fail',
  'checksum_required',
  'session_key_required',
  'decrypt_fail',
  'unzip_fail',
  'windows_path_fail',
  'canonical_path_fail',
  'directory_path_fail',
  'download_manifest_file_fail',
  'download_manifest_checksum_fail',
  'download_manifest_brotli_fail',
  'manifest_path_fail',
  'low_mem_fail',
  'insufficient_disk_space',
  'rate_limit_reached',
  'backend_refusal',
  'os_version_changed',
  'native_app_version_changed',
  'app_crash',
  'app_crash_native',
  'app_anr',
  'app_killed_low_memory',
  'app_killed_excessive_resource_usage',
  'app_initialization_failure',
  'app_memory_warning',
  'webview_javascript_error',
  'webview_unhandled_rejection',
  'webview_resource_error',
  'webview_security_policy_violation',
  'webview_unclean_restart',
  'webview_render_process_gone',
  'webview_content_process_terminated',
  'webview_dom_content_loaded',
  'webview_page_loaded',
  'revert',
] as const;

/** An action newer than this list is recorded all the same, if it looks like one. */
export const actionPattern = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** A `*_fail` event names a version that is not the running one. */
export const isFailure = (action: string): boolean => action.endsWith('_fail');

/** The two failures that say that a bundle was tried on the device and did not start. */
export const provesBadBundle = (action: string): boolean => action === 'update_fail' || action === 'set_fail';

/** Failures of a bundle that arrived and could not be opened: with the wrong key, or without one, it never can be. Source: docs/protocol/device.md §6.5. */
export const provesUnopened = new Set([
  'decrypt_fail',
  'checksum_fail',
  'session_key_required',
  'unzip_fail',
  'finish_download_fail',
  'download_manifest_checksum_fail',
  'download_manifest_brotli_fail',
]);

/** Failures that are the bundle's fault, not the network's or the device's. Source: docs/protocol/device.md §10.4. */
export const bundleFailures = [
  'update_fail',
  'set_fail',
  'finish_download_fail',
  'decrypt_fail',
  'checksum_fail',
  'download_manifest_checksum_fail',
  'download_manifest_brotli_fail',
  'manifest_path_fail',
] as const;

/** Failures without a trustworthy version, sent about the bundle that was last offered. Source: docs/protocol/device.md §10.4. */
export const namesNoBundle = new Set([
  'download_fail',
  'unzip_fail',
  'windows_path_fail',
  'canonical_path_fail',
  'directory_path_fail',
  'low_mem_fail',
  'insufficient_disk_space',
]);
