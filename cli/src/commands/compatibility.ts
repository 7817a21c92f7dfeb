// `overair bundle compatibility`: do the phones on a channel have the native code that this project's web code expects?

import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { comparePackages, type Incompatibility, type PackageComparison } from '../native/compare-packages.ts';
import { listNativePackages, type NativePackage } from '../native/native-packages.ts';
import { getAppId } from '../project/app.ts';
import { listAll, openRemote, type Remote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';

export interface NativeOptions {
  /** Comma lists of files and folders. */
  packageJson?: string;
  nodeModules?: string;
}

export interface CompatibilityOptions extends GlobalOptions, NativeOptions {
  channel: string;
}

const REASONS: Record<Incompatibility, string> = {
  new_plugin: 'the installed apps do not have it',
  version_mismatch: 'another version',
  ios_code_changed: 'other iOS code',
  android_code_changed: 'other Android code',
  both_platforms_changed: 'other iOS and Android code',
  platform_checksum_metadata_changed: 'native code for another set of platforms',
};

export async function checkCompatibility(context: Context, options: CompatibilityOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const remote = await openRemote(context, options);
  await remote.client.channels.get(app_id, options.channel);
  const local = await nativePackagesOf(context, options);
  const base = await findBase(remote, app_id, options.channel);
  if (!base) {
    context.ui.say(`Channel ${style.id(options.channel)} serves nothing to compare with.`);
    return { app_id, channel: options.channel, bundle: null, compatible: true, packages: [] };
  }
  const packages = comparePackages(local, base.packages);
  showComparison(context, packages);
  const compatible = packages.every((row) => row.compatible);
  const report = { app_id, channel: options.channel, bundle: base.bundle, compatible, packages };
  if (!compatible) {
    throw new CliError('incompatible', `This bundle needs native code that phones on ${options.channel} do not have.`, {
      hint: 'Release a new version of the app to the stores first.',
      detail: report,
    });
  }
  context.ui.success(`Phones on ${style.id(options.channel)} can run this bundle.`);
  return report;
}

export const nativePackagesOf = (context: Context, options: NativeOptions) =>
  listNativePackages({
    cwd: context.cwd,
    ...(options.packageJson ? { packageJson: options.packageJson.split(',') } : {}),
    ...(options.nodeModules ? { nodeModules: options.nodeModules.split(',') } : {}),
  });

export interface CompatibilityBase {
  bundle: string;
  min_update_version: string | null;
  packages: NativePackage[];
}

/** The bundle a channel serves now, if it says which native packages it was built with. */
export async function findBase(
  { client }: Remote,
  app_id: string,
  channel: string,
): Promise<CompatibilityBase | undefined> {
  const channels = await listAll((page) => client.channels.list({ app_id, page }));
  const served = channels.find(({ name }) => name === channel)?.version?.id;
  if (served === undefined) return undefined;
  const bundles = await listAll((page) => client.bundles.list({ app_id, page }));
  const bundle = bundles.find(({ id }) => id === served);
  if (!bundle?.native_packages?.length) return undefined;
  const { name, min_update_version, native_packages } = bundle;
  return { bundle: name, min_update_version, packages: native_packages as NativePackage[] };
}

export function showComparison(context: Context, packages: PackageComparison[]): void {
  context.ui.table(
    [
      { title: 'Native package', cell: (row) => row.name },
      { title: 'Here', cell: (row) => row.local ?? '' },
      { title: 'On phones', cell: (row) => row.remote ?? '' },
      { title: '', cell: describeVerdict },
    ],
    packages,
    'Neither side has native packages.',
  );
}

function describeVerdict({ reason, note }: PackageComparison): string {
  if (reason) return style.danger(REASONS[reason]);
  if (note === 'removed') return style.muted('no longer used');
  return style.success('same') + (note ? style.muted(', asked for by another range') : '');
}
