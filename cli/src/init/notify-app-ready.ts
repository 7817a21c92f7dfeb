// Finds out whether the app says that it started well, and adds that call to its main file where it does not.

import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { findReadyCall, mentionsReadyCall } from '../bundle/startable-app.ts';
import { listWebFiles } from '../bundle/web-folder.ts';
import { CliError } from '../cli-error.ts';

export const CALL = 'CapacitorUpdater.notifyAppReady();';
export const IMPORT = "import { CapacitorUpdater } from '@capgo/capacitor-updater';";

// Where the frameworks' templates start, most specific first.
const MAIN_FILES = ['main', 'index', 'app', 'boot/capacitor'].flatMap((name) =>
  ['ts', 'tsx', 'js', 'jsx', 'mjs'].map((extension) => `src/${name}.${extension}`),
);
const SOURCE = /\.(?:[cm]?[jt]sx?|vue|svelte|html)$/;
const NO_SOURCES = /^(?:\..*|node_modules|android|ios|electron|dist|build|coverage)$/;
const MAX_SOURCES = 5000;

type MainFile =
  | { state: 'calls'; path: string }
  /** `after` is the source with the call added. */
  | { state: 'can be added'; path: string; before: string; after: string }
  | { state: 'unknown' };

/** `webDir` is the built app, or the app itself where nothing builds it. */
export async function findMainFile(cwd: string, webDir: string, named?: string): Promise<MainFile> {
  const web = resolve(cwd, webDir);
  const calling = await findCallInSources(cwd, web);
  if (calling) return { state: 'calls', path: calling };
  for (const name of named ? [named] : MAIN_FILES) {
    const path = join(cwd, name);
    const before = await readFile(path, 'utf8').catch(() => undefined);
    if (before !== undefined) return { state: 'can be added', path, before, after: addCall(before) };
  }
  if (named) throw new CliError('main_file_not_found', `There is no ${join(cwd, named)}.`);
  return (await callsInWebFolder(web)) ? { state: 'calls', path: web } : { state: 'unknown' };
}

/** The import goes first, behind a shebang, directives and the file's own header; the call goes last, when all else was set up. */
export function addCall(source: string): string {
  const newline = source.includes('\r\n') ? '\r\n' : '\n';
  const header =
    /^(?:#![^\n]*\n)?(?:\s*(?:\/\/[^\n]*\n|\/\*[\s\S]*?\*\/[ \t]*\r?\n|(['"])use [a-z ]+\1;?[ \t]*\r?\n))*\s*/.exec(
      source,
    )![0];
  const body = source.slice(header.length).trimEnd();
  const line = /(['"])use |;\s*$/m.test(source) ? [IMPORT, CALL] : [IMPORT, CALL].map((text) => text.slice(0, -1));
  return `${header}${line[0]}${newline}${body}${newline}${newline}${line[1]}${newline}`;
}

async function findCallInSources(
  folder: string,
  built: string,
  budget = { files: MAX_SOURCES },
): Promise<string | undefined> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !NO_SOURCES.test(entry.name) && path !== built) {
      const found = await findCallInSources(path, built, budget);
      if (found) return found;
    }
    if (!entry.isFile() || !SOURCE.test(entry.name) || budget.files === 0) continue;
    budget.files -= 1;
    if (mentionsReadyCall(await readFile(path, 'utf8'))) return path;
  }
  return undefined;
}

async function callsInWebFolder(folder: string): Promise<boolean> {
  const files = await listWebFiles(folder).catch(() => []);
  return (await findReadyCall(files)).calls;
}
