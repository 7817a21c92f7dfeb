// The files of a web build that become a bundle, in one fixed order; zip and delta are made from the same list.

import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';

export interface WebFile {
  /** Path inside the bundle, `/` between segments. */
  name: string;
  /** Path on this machine. */
  path: string;
  bytes: number;
}

// Left by editors, file browsers and package managers; never part of an app.
const SKIPPED_NAMES = new Set(['.DS_Store', 'Thumbs.db', '.git', '.gitignore', '.gitkeep', 'node_modules', '__MACOSX']);

// Whoever holds one of these can sign or upload in your name; a bundle is public.
const SECRET_NAMES =
  /^\.(?:overair(?:_key(?:\.previous)?)?|capgo(?:_key(?:_v2)?)?|env(?:\..*)?|npmrc)$|\.(?:jks|keystore|p8|p12|mobileprovision)$/;

// One reading of the folder must not run away on a wrong --path such as `/`.
const MAX_FILES = 65_000;

/** All files below `root`, sorted by name; symbolic links are followed, loops are refused. */
export async function listWebFiles(root: string): Promise<WebFile[]> {
  if (!(await isFolder(root))) {
    throw new CliError('web_folder_not_found', `There is no folder ${root}.`, {
      hint: 'Build the app first, or name the folder with --path.',
    });
  }
  const files: WebFile[] = [];
  await walk(root, '', [await realpath(root)], files);
  // Code unit order: a locale's order would differ between machines.
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function walk(folder: string, prefix: string, parents: string[], files: WebFile[]): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (SKIPPED_NAMES.has(entry.name)) continue;
    const path = join(folder, entry.name);
    const name = prefix + entry.name;
    requirePublishable(entry.name, path);
    const info = await statEntry(entry, path);
    if (info.isDirectory()) {
      const real = entry.isSymbolicLink() ? await realpath(path) : path;
      if (parents.includes(real))
        throw new CliError('link_loop', `The symbolic link ${path} leads back to its own parent.`);
      await walk(path, `${name}/`, [...parents, real], files);
    } else if (info.isFile()) {
      files.push({ name, path, bytes: info.size });
    }
    if (files.length > MAX_FILES) {
      throw new CliError('too_many_files', `More than ${MAX_FILES} files in the web folder; is the path right?`);
    }
  }
}

async function statEntry(entry: Dirent, path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    const message = entry.isSymbolicLink() ? `The symbolic link ${path} leads nowhere.` : `Cannot read ${path}.`;
    throw new CliError('unreadable_file', message, { cause });
  }
}

function requirePublishable(name: string, path: string): void {
  if (name.includes('\\')) {
    throw new CliError('invalid_file_name', `Devices refuse file names with a backslash: ${path}`);
  }
  if (SECRET_NAMES.test(name)) {
    throw new CliError('secret_in_bundle', `${path} would be published with the bundle.`, {
      hint: 'Point --path at the build output only, and take secrets out of it.',
    });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}

/** What makes a bundle roll back on every phone: no `index.html`, or code that never says `notifyAppReady`. */
export async function requireStartableApp(
  files: WebFile[],
  options: { ignoreNotifyAppReady?: boolean } = {},
): Promise<void> {
  if (!files.some((file) => file.name === 'index.html')) {
    throw new CliError('index_html_not_found', 'The web folder has no index.html at its root.', {
      hint: 'Point --path at the build output, or pass --no-code-check.',
    });
  }
  if (options.ignoreNotifyAppReady || (await someScriptCallsNotifyAppReady(files))) return;
  throw new CliError('notifyAppReady_not_in_source_code', 'No script in the web folder calls notifyAppReady().', {
    hint: 'Without it devices roll the update back. Call CapacitorUpdater.notifyAppReady() at start, or pass --ignore-notify-app-ready.',
  });
}

async function someScriptCallsNotifyAppReady(files: WebFile[]): Promise<boolean> {
  for (const file of files) {
    if (/\.m?js$/.test(file.name) && (await readFile(file.path)).includes('notifyAppReady')) return true;
  }
  return false;
}
