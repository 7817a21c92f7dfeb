// The files of a web build that become a bundle, in one fixed order; zip and delta are made from the same list.

import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError, describeError } from '../cli-error.ts';
import { requireDistinctNames, requireStorableName } from './file-names.ts';

export interface WebFile {
  /** Path inside the bundle, `/` between segments. */
  name: string;
  /** Path on this machine. */
  path: string;
  bytes: number;
}

export interface WebFolder {
  /** Sorted by name. */
  files: WebFile[];
  /** What editors, file browsers and version control left there; no build makes it. Folders end in `/`. */
  leftOut: string[];
}

const LITTER_NAMES = new Set([
  '.DS_Store',
  'Thumbs.db',
  'desktop.ini',
  '__MACOSX',
  '.git',
  '.gitignore',
  '.gitkeep',
  '.svn',
  '.hg',
]);

// Whoever holds one of these can sign or upload in your name; a bundle is public.
const SECRET_NAMES =
  /^\.(?:overair(?:_key(?:\.previous)?)?|capgo(?:_key(?:_v2)?)?|env(?:\..*)?|npmrc)$|\.(?:jks|keystore|p8|p12|mobileprovision)$/;

// Package managers leave these in a `node_modules` that they filled; bundlers that write there do not.
const INSTALLED = ['.package-lock.json', '.bin', '.modules.yaml', '.pnpm', '.yarn-integrity', '.yarn-state.yml'];

// One reading of the folder must not run away on a wrong --path such as `/`.
const MAX_FILES = 65_000;

/** All files below `root`, sorted by name; symbolic links are followed, loops are refused. */
export async function listWebFiles(root: string): Promise<WebFile[]> {
  return (await readWebFolder(root)).files;
}

/** As `listWebFiles`, with the names that were left out on purpose. */
export async function readWebFolder(root: string): Promise<WebFolder> {
  if (!(await isFolder(root))) {
    throw new CliError('web_folder_not_found', `There is no folder ${root}.`, {
      hint: 'Build the app first, or name the folder with --path.',
    });
  }
  await requireBuildOutput(root);
  const folder: WebFolder = { files: [], leftOut: [] };
  await walk(root, '', [await realpath(root)], folder);
  // Code unit order: a locale's order would differ between machines.
  folder.files.sort((a, b) => (a.name < b.name ? -1 : 1));
  folder.leftOut.sort();
  requireDistinctNames(folder.files.map(({ name }) => name));
  return folder;
}

/** Reads one file as it was when the folder was listed: zip and delta must not see two states of a build. */
export async function readWebFile(file: WebFile): Promise<Buffer> {
  const bytes = await readFile(file.path).catch((cause) => {
    throw new CliError('unreadable_file', `Cannot read ${file.path}: ${describeError(cause)}`, { cause });
  });
  if (bytes.length === file.bytes) return bytes;
  throw new CliError('file_changed', `${file.path} changed while the bundle was made of it.`, {
    hint: 'Wait for the build to end, or stop its watcher, and run this again.',
  });
}

/** The folder of the whole project is the usual wrong answer to "which folder?". */
async function requireBuildOutput(root: string): Promise<void> {
  const names = await readdir(root);
  const proof =
    names.find((name) => /^capacitor\.config\.(?:ts|js|json)$/.test(name)) ??
    ((await holdsInstalledPackages(root, names)) ? 'node_modules' : undefined);
  if (proof === undefined) return;
  throw new CliError('project_folder', `${root} holds ${proof}: it is a project, not what its build made.`, {
    hint: 'Point --path (or webDir) at the output of the build, for example dist or www.',
  });
}

/** A bundler may well write a `node_modules` of its own (Rollup's preserveModules, Metro's assets): that one is part of the build. */
async function holdsInstalledPackages(root: string, names: string[]): Promise<boolean> {
  if (!names.includes('node_modules')) return false;
  if (names.includes('package.json')) return true;
  const inside = await readdir(join(root, 'node_modules')).catch((): string[] => []);
  return INSTALLED.some((name) => inside.includes(name));
}

async function walk(folder: string, prefix: string, parents: string[], found: WebFolder): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const name = prefix + entry.name;
    if (LITTER_NAMES.has(entry.name)) {
      found.leftOut.push(entry.isDirectory() ? `${name}/` : name);
      continue;
    }
    const path = join(folder, entry.name);
    requireStorableName(name, path);
    requirePublishable(entry.name, path);
    const info = await statEntry(entry, path);
    if (info.isDirectory()) {
      const real = entry.isSymbolicLink() ? await realpath(path) : path;
      if (parents.includes(real))
        throw new CliError('link_loop', `The symbolic link ${path} leads back to its own parent.`);
      await walk(path, `${name}/`, [...parents, real], found);
    } else if (info.isFile()) {
      found.files.push({ name, path, bytes: info.size });
    } else {
      throw new CliError('special_file', `${path} is neither a file nor a folder.`, {
        hint: 'Take it out of the web folder; devices cannot have it.',
      });
    }
    if (found.files.length > MAX_FILES) {
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
  if (!SECRET_NAMES.test(name)) return;
  throw new CliError('secret_in_bundle', `${path} would be published with the bundle.`, {
    hint: 'Point --path at the build output only, and take secrets out of it.',
  });
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}
