// The versions of the apps that this project builds, as their phones will report them: what an update must be newer than.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findAppPackage } from '../project/app-package.ts';
import { findCapacitorConfig } from '../project/capacitor-config.ts';
import { readGradleVersion } from './gradle-version.ts';
import { readXcodeVersion } from './xcode-version.ts';

export type Platform = 'android' | 'ios' | 'electron';

export interface NativeApp {
  platform: Platform;
  /** As the phone sends it, `1.0` for example; undefined when the file computes it. */
  version: string | undefined;
  /** The file that says so, relative to the project. */
  source: string;
}

/** One entry for each platform that the project has. */
export async function findNativeApps(cwd: string): Promise<NativeApp[]> {
  const apps = [await findAndroidApp(cwd), await findIosApp(cwd), await findElectronApp(cwd)].filter(
    (app): app is NativeApp => app !== undefined,
  );
  // The updater prefers the version that its own configuration names.
  const config = await findCapacitorConfig(cwd).catch(() => undefined);
  const configured = config?.updater.version;
  if (typeof configured !== 'string' || !configured) return apps;
  const source = 'plugins.CapacitorUpdater.version';
  return apps.map((app) => (app.platform === 'electron' ? app : { ...app, version: configured, source }));
}

/** What the server makes of such a version: `1` and `1.0` are completed. Undefined when it cannot. Source: docs/protocol/device.md §3.3. */
export function coerceVersion(text: string): string | undefined {
  const trimmed = text.trim().replace(/^v/, '');
  const dots = trimmed.split('.').length - 1;
  const complete = dots === 0 ? `${trimmed}.0.0` : dots === 1 ? `${trimmed}.0` : trimmed;
  return /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:[-+][0-9A-Za-z.+-]+)?$/.test(complete) ? complete : undefined;
}

async function findAndroidApp(cwd: string): Promise<NativeApp | undefined> {
  for (const name of ['android/app/build.gradle', 'android/app/build.gradle.kts']) {
    const gradle = await read(join(cwd, name));
    if (gradle === undefined) continue;
    const others = ['variables.gradle', 'build.gradle', 'build.gradle.kts', 'gradle.properties'];
    const around = await Promise.all(others.map((other) => read(join(cwd, 'android', other))));
    return { platform: 'android', version: readGradleVersion(gradle, around.join('\n')), source: name };
  }
  return undefined;
}

async function findIosApp(cwd: string): Promise<NativeApp | undefined> {
  const plist = 'ios/App/App/Info.plist';
  const text = await read(join(cwd, plist));
  if (text === undefined) return undefined;
  const project = 'ios/App/App.xcodeproj/project.pbxproj';
  const settings = [await read(join(cwd, project))];
  for (const folder of ['ios', 'ios/App', 'ios/App/App']) {
    const names = await readdir(join(cwd, folder)).catch((): string[] => []);
    for (const name of names.filter((each) => each.endsWith('.xcconfig')).sort()) {
      settings.push(await read(join(cwd, folder, name)));
    }
  }
  const { version, isFromProject } = readXcodeVersion(text, settings.join('\n'));
  return { platform: 'ios', version, source: isFromProject ? project : plist };
}

async function findElectronApp(cwd: string): Promise<NativeApp | undefined> {
  const apart = await findAppPackage(join(cwd, 'electron')).catch(() => undefined);
  if (apart) return { platform: 'electron', version: apart.version, source: 'electron/package.json' };
  const own = await findAppPackage(cwd).catch(() => undefined);
  const uses = { ...own?.devDependencies, ...own?.dependencies };
  return uses.electron ? { platform: 'electron', version: own?.version, source: 'package.json' } : undefined;
}

const read = (path: string) => readFile(path, 'utf8').catch(() => undefined);
