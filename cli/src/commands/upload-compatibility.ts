// Before an upload: would this bundle break phones on its channels, and which native version is the oldest that can run it?

import type { Bundle } from '@overair/protocol/manage/bundle';
import type { Channel } from '@overair/protocol/manage/channel';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { comparePackages } from '../native/compare-packages.ts';
import type { NativePackage } from '../native/native-packages.ts';
import { findAppPackage } from '../project/app-package.ts';
import { compareVersions, parseVersion, requireVersion } from '../project/version.ts';
import { listAll, type Remote } from '../remote/client.ts';
import { type NativeOptions, nativePackagesOf, showComparison } from './compatibility.ts';

export interface NativeUploadOptions extends NativeOptions {
  minUpdateVersion?: string;
  autoMinUpdateVersion?: boolean;
  acceptIncompatible?: boolean;
  ignoreMetadataCheck?: boolean;
}

interface NativeFields {
  native_packages?: NativePackage[];
  min_update_version?: string;
}

interface UploadTarget {
  app_id: string;
  /** Undefined: the server will choose it. */
  version: string | undefined;
  channels: string[];
}

/** Throws when phones on a target channel lack native code, unless that was accepted. */
export async function nativeFields(
  context: Context,
  remote: Remote,
  target: UploadTarget,
  options: NativeUploadOptions,
): Promise<NativeFields> {
  if (options.minUpdateVersion && options.autoMinUpdateVersion) {
    throw new CliError('conflicting_flags', '--min-update-version and --auto-min-update-version exclude each other.');
  }
  const given = options.minUpdateVersion ? requireVersion(options.minUpdateVersion) : undefined;
  const local = await findLocalPackages(context, options);
  const channels = (await listAll((page) => remote.client.channels.list({ app_id: target.app_id, page }))).filter(
    ({ name }) => target.channels.includes(name),
  );
  const bases = local && channels.length > 0 ? await findBases(remote, target.app_id, channels) : [];
  const compatible =
    options.ignoreMetadataCheck || bases.every((base) => isCompatible(context, local ?? [], base, options));
  const min_update_version =
    given ?? (options.autoMinUpdateVersion ? chooseMinimum(target.version, bases, compatible) : undefined);
  requireMinimum(channels, min_update_version ?? (options.autoMinUpdateVersion ? 'its own' : undefined));
  return {
    ...(local ? { native_packages: local } : {}),
    ...(min_update_version ? { min_update_version } : {}),
  };
}

async function findLocalPackages(context: Context, options: NativeUploadOptions): Promise<NativePackage[] | undefined> {
  if (!options.packageJson && !(await findAppPackage(context.cwd))) return undefined;
  try {
    return await nativePackagesOf(context, options);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'dependency_not_installed') throw error;
    context.ui.warn(`Whether phones can run this bundle was not checked: ${error.message}`);
    return undefined;
  }
}

async function findBases({ client }: Remote, app_id: string, channels: Channel[]): Promise<Bundle[]> {
  const served = new Set(channels.map((channel) => channel.version?.id));
  const bundles = await listAll((page) => client.bundles.list({ app_id, page }));
  return bundles.filter((bundle) => served.has(bundle.id) && bundle.native_packages?.length);
}

function isCompatible(context: Context, local: NativePackage[], base: Bundle, options: NativeUploadOptions): boolean {
  const packages = comparePackages(local, (base.native_packages ?? []) as NativePackage[]);
  if (packages.every((row) => row.compatible)) return true;
  showComparison(context, packages);
  if (options.acceptIncompatible || options.autoMinUpdateVersion) {
    context.ui.warn(`Phones that run ${base.name} lack native code for this bundle.`);
    return false;
  }
  const names = packages.filter((row) => !row.compatible).map((row) => row.name);
  throw new CliError('incompatible', `This bundle would break phones that run ${base.name}: ${names.join(', ')}.`, {
    hint: 'Release a new version of the app first, shut old apps out with --auto-min-update-version, or insist with --accept-incompatible.',
    detail: { bundle: base.name, packages },
  });
}

/** Incompatible, or nothing to compare with: only apps of this very version, whatever it will be; otherwise as far back as before. */
function chooseMinimum(version: string | undefined, bases: Bundle[], compatible: boolean): string | undefined {
  if (bases.length === 0 || !compatible) return version;
  const minimums = bases.map((base) => {
    const minimum = parseVersion(base.min_update_version ?? '');
    if (minimum && base.min_update_version) return { text: base.min_update_version, minimum };
    throw new CliError(
      'missing_min_update_version',
      `Bundle ${base.name} names no oldest native version to go on from.`,
      {
        hint: 'Pass --min-update-version this once.',
      },
    );
  });
  return minimums.sort((a, b) => compareVersions(a.minimum, b.minimum)).at(-1)!.text;
}

function requireMinimum(channels: Channel[], minimum: string | undefined): void {
  const strict = channels.find((channel) => channel.disableAutoUpdate === 'version_number');
  if (!strict || minimum) return;
  throw new CliError(
    'missing_min_update_version',
    `Channel ${strict.name} serves bundles by their oldest native version only.`,
    {
      hint: 'Pass --min-update-version or --auto-min-update-version.',
    },
  );
}
