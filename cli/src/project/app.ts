// What a command works on: the app's id, its web folder and the version of the bundle, from flags or the project's files.

import { resolve } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { findAppPackage } from './app-package.ts';
import { findCapacitorConfig } from './capacitor-config.ts';
import { readProjectSettings } from './project-settings.ts';
import { requireVersion } from './version.ts';

const APP_ID = /^[a-z0-9]+(\.[\w-]+)+$/i;

export async function getAppId(context: Context, given?: string): Promise<string> {
  const appId =
    given ??
    context.env.OVERAIR_APP_ID ??
    (await readProjectSettings(context.cwd)).appId ??
    (await findCapacitorConfig(context.cwd))?.appId;
  if (!appId) {
    throw new CliError('missing_app_id', 'Which app? No app id was given and no Capacitor config names one.', {
      hint: 'Name it, for example com.example.app, or run this in the folder of your app.',
    });
  }
  if (!APP_ID.test(appId)) {
    throw new CliError('invalid_app_id', `"${appId}" is not an app id.`, { hint: 'Write it like com.example.app' });
  }
  return appId;
}

/** Absolute path of the folder that becomes the bundle. */
export async function getWebFolder(context: Context, given?: string): Promise<string> {
  const folder =
    given ?? (await readProjectSettings(context.cwd)).webDir ?? (await findCapacitorConfig(context.cwd))?.webDir;
  if (folder) return resolve(context.cwd, folder);
  throw new CliError('missing_argument', 'Which folder? No --path was given and no Capacitor config names a webDir.', {
    hint: 'Pass --path with the folder of the built web app.',
  });
}

/** `--bundle`, then the config's `CapacitorUpdater.version`, then package.json. */
export async function getBundleVersion(context: Context, given?: string): Promise<string> {
  if (given !== undefined) return requireVersion(given);
  const configured = (await findCapacitorConfig(context.cwd))?.updater.version;
  const version = typeof configured === 'string' ? configured : (await findAppPackage(context.cwd))?.version;
  if (version) return requireVersion(version);
  throw new CliError('missing_argument', 'Which version? No --bundle was given and package.json has no version.', {
    hint: 'Pass --bundle, for example --bundle 1.4.0',
  });
}
