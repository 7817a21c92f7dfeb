// What package.json and node_modules say about the app: its version and the updater plugin it really has installed.

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CliError, describeError } from '../cli-error.ts';

interface AppPackage {
  version?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const UPDATER = '@capgo/capacitor-updater';

/** Undefined when the folder has no package.json. */
export async function findAppPackage(folder: string): Promise<AppPackage | undefined> {
  return readJson(join(folder, 'package.json'));
}

/** Version of the updater plugin in the nearest `node_modules`, walking up as Node does. */
export async function findInstalledUpdater(folder: string): Promise<string | undefined> {
  for (let current = folder; ; current = dirname(current)) {
    const found = await readJson(join(current, 'node_modules', UPDATER, 'package.json'));
    if (found?.version) return found.version;
    if (dirname(current) === current) return undefined;
  }
}

async function readJson(path: string): Promise<AppPackage | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new CliError('unreadable_file', `Cannot read ${path}: ${describeError(error)}`, { cause: error });
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as AppPackage;
  } catch (cause) {
    throw new CliError('invalid_package_json', `${path} is not valid JSON.`, { cause });
  }
}
