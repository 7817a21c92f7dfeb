// The native plugins an app is built with, each with a fingerprint of its iOS and Android code: a web bundle may need exactly these.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { CliError } from '../cli-error.ts';

/** As stored with a bundle; the field names are those of the management API. */
export interface NativePackage {
  name: string;
  version: string;
  /** The range that the app's package.json asks for. */
  requested_version?: string;
  ios_checksum?: string;
  android_checksum?: string;
}

export interface NativeSources {
  cwd: string;
  /** package.json files; default: that of `cwd`. */
  packageJson?: string[];
  /** `node_modules` folders; default: those of `cwd` and its parents. */
  nodeModules?: string[];
}

interface PackageJson {
  version?: string;
  capacitor?: { ios?: unknown; android?: unknown };
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const NATIVE_FILE = /([A-Za-z0-9]+)\.(java|swift|kt|scala)$/;

export async function listNativePackages(sources: NativeSources): Promise<NativePackage[]> {
  const folders = sources.nodeModules?.map((path) => resolve(sources.cwd, path)) ?? modulesAbove(sources.cwd);
  const found: NativePackage[] = [];
  for (const [name, requested] of await readDependencies(sources)) {
    const folder = await findPackage(name, folders);
    if (!folder) {
      throw new CliError('dependency_not_installed', `${name} is in package.json, but not installed.`, {
        hint: 'Run npm install first, or name the folder with --node-modules.',
      });
    }
    const described = await describePackage(name, requested, folder);
    if (described) found.push(described);
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Undefined for packages without native code. */
async function describePackage(name: string, requested: string, folder: string): Promise<NativePackage | undefined> {
  const info = (await readJson(join(folder, 'package.json'))) ?? {};
  const names = await readdir(folder);
  const declaresNative = info.capacitor?.ios || info.capacitor?.android || names.includes('plugin.xml');
  if (!declaresNative) return undefined;
  const files = await listFiles(folder);
  if (!files.some((path) => NATIVE_FILE.test(path))) return undefined;
  const ios = await fingerprint(folder, files.filter(isIosFile));
  const android = await fingerprint(folder, files.filter(isAndroidFile));
  return {
    name,
    version: info.version ?? '0.0.0',
    requested_version: requested,
    ...(ios ? { ios_checksum: ios } : {}),
    ...(android ? { android_checksum: android } : {}),
  };
}

const isIosFile = (path: string) =>
  (path.startsWith('ios/') && NATIVE_FILE.test(path)) ||
  /^[^/]+\.podspec$/.test(path) ||
  path === 'Package.swift' ||
  path === 'ios/Package.swift';

const isAndroidFile = (path: string) =>
  (path.startsWith('android/') && NATIVE_FILE.test(path)) || /^android\/build\.gradle(\.kts)?$/.test(path);

// The order of other tools on machines that speak English, so that fingerprints can be compared with theirs. The language
// is named: localeCompare goes by the machine's, and Danish, Czech, Lithuanian and Estonian sort Latin letters differently.
const english = new Intl.Collator('en-US');

const inFixedOrder = (a: string, b: string) => english.compare(a, b) || (a < b ? -1 : 1);

/** Path and text of every file; what git makes of line ends does not count. */
async function fingerprint(folder: string, files: string[]): Promise<string | undefined> {
  if (files.length === 0) return undefined;
  const hash = createHash('sha256');
  for (const path of files.sort(inFixedOrder)) {
    hash.update(path).update(withoutCarriageReturns(await readFile(join(folder, path))));
  }
  return hash.digest('hex');
}

// Byte by byte: sources are not always UTF-8.
const withoutCarriageReturns = (bytes: Buffer) =>
  bytes.includes('\r\n') ? Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1') : bytes;

// What Gradle, CMake, Xcode, CocoaPods and SwiftPM leave beside the sources that they build where they lie.
const TOOL_FOLDERS = new Set([
  'node_modules',
  '.gradle',
  '.kotlin',
  '.cxx',
  '.externalNativeBuild',
  'Pods',
  '.build',
  '.swiftpm',
  'DerivedData',
  'xcuserdata',
]);
/** Below these a folder `build` is a package of the source code. */
const SOURCE_FOLDERS = new Set(['src', 'Sources', 'Tests']);

/** Whether a tool made this file of a native folder; what else lies in a package, such as a `build` of JavaScript, is none of its business. */
function isBuildOutput(path: string): boolean {
  const [top, ...folders] = path.split('/').slice(0, -1);
  if (top !== 'ios' && top !== 'android') return false;
  for (const folder of folders) {
    if (TOOL_FOLDERS.has(folder) || folder === 'build') return true;
    if (SOURCE_FOLDERS.has(folder)) return false;
  }
  return false;
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.startsWith('node_modules/') && !isBuildOutput(path));
}

async function readDependencies({ cwd, packageJson = ['package.json'] }: NativeSources): Promise<Map<string, string>> {
  const dependencies = new Map<string, string>();
  for (const name of packageJson) {
    const content = await readJson(resolve(cwd, name));
    if (!content) throw new CliError('package_json_not_found', `There is no ${name} in this folder.`);
    const all = { ...content.devDependencies, ...content.dependencies };
    for (const [dependency, requested] of Object.entries(all)) dependencies.set(dependency, requested);
  }
  return dependencies;
}

async function findPackage(name: string, folders: string[]): Promise<string | undefined> {
  for (const folder of folders) {
    if (await readJson(join(folder, name, 'package.json'))) return join(folder, name);
  }
  return undefined;
}

function modulesAbove(folder: string): string[] {
  const parent = dirname(folder);
  return [join(folder, 'node_modules'), ...(parent === folder ? [] : modulesAbove(parent))];
}

async function readJson(path: string): Promise<PackageJson | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as PackageJson;
  } catch (cause) {
    throw new CliError('invalid_package_json', `${path} is not valid JSON.`, { cause });
  }
}
