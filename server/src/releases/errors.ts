// What can go wrong with apps, bundles and channels, in the words of the contract.

import { AppError } from '../errors.ts';

const badRequest = (code: string, message: string) => (detail?: Record<string, unknown>) =>
  new AppError(code, 400, message, detail);

export const NO_APP_ACCESS = "You can't access this app";

export const appNotFound = (app_id: string) => new AppError('cannot_find_app', 404, 'Cannot find app', { app_id });
export const cannotFindApp = (app_id: string) => new AppError('cannot_find_app', 400, 'Cannot find app', { app_id });
export const appIdTaken = (app_id: string) =>
  new AppError('app_id_already_exists', 409, 'App ID already exists', { app_id });
export const cannotUpdateApp = badRequest('cannot_update_app', 'Cannot update app');

export const cannotFindVersion = badRequest('cannot_find_version', 'Cannot find version');
export const invalidVersion = (fault: string) => new AppError('invalid_version_format', 400, fault);
export const invalidMinUpdateVersion = (fault: string) =>
  new AppError('invalid_min_update_version', 400, `min_update_version: ${fault}`);
const cannotCreateBundle = badRequest('cannot_create_bundle', 'Cannot create bundle');
export const versionExists = (version: string) =>
  new AppError('version_already_exists', 400, 'Version already exists', { version });
/** The contract's code; `moreInfo.reason` tells it from other failures of the same name. */
export const versionUsedUp = (version: string) =>
  cannotCreateBundle({
    version,
    reason: 'version_used_before',
    hint: 'A bundle of this name was deleted, and devices may still run it. Take another version, or let the server choose one with "bump".',
  });
export const cannotDeleteVersion = badRequest('cannot_delete_version', 'Cannot delete version');
export const uploadNotFound = (missing: string[]) =>
  new AppError('upload_not_found', 400, 'Some objects were not uploaded yet', { missing: missing.slice(0, 1000) });
export const invalidManifest = (message: string, file_name: string) =>
  new AppError('invalid_manifest', 400, message, { file_name });

export const cannotFindChannel = badRequest('cannot_find_channel', 'Cannot find channel');
/** Of what it is given only the app's id is told: a route may hand over its whole input. */
export const cannotAccessApp = ({ app_id }: { app_id?: string } = {}) =>
  new AppError('cannot_access_app', 400, NO_APP_ACCESS, app_id === undefined ? {} : { app_id });
export const cannotPromoteBundle = badRequest('cannot_promote_bundle', "You can't promote bundles on this channel");
export const missingStableVersion = badRequest(
  'missing_stable_version',
  'Cannot set rollout target without a stable bundle',
);
export const missingRolloutVersion = badRequest('missing_rollout_version', 'Cannot promote without a rollout version');

export const noReleaseToReturnTo = (channel: string) =>
  new AppError(
    'no_earlier_release',
    400,
    `Channel ${channel} has no earlier release to return to. Put a bundle on it by name instead.`,
    { channel },
  );

/** Names the channels, so that the reader knows where to look. */
export const bundleInUse = (message: string, version: string, channels: string[]) =>
  new AppError('cannot_delete_linked_version', 400, message, { version, channels });

export const staleWrite = (updated_at: Date) =>
  new AppError('stale_write', 409, 'Somebody changed this since you read it', { updated_at: updated_at.toISOString() });
