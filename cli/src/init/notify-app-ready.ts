// Finds out whether the app says that it started well, and adds that call to its main file where it does not.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const CALL = 'CapacitorUpdater.notifyAppReady();';
export const IMPORT = "import { CapacitorUpdater } from '@capgo/capacitor-updater';";

// Where the frameworks' templates start, most specific first.
const MAIN_FILES = ['main', 'index', 'app', 'boot/capacitor'].flatMap((name) =>
  ['ts', 'tsx', 'js', 'jsx', 'mjs'].map((extension) => `src/${name}.${extension}`),
);
const SOURCE = /\.(?:[cm]?[jt]sx?|vue|svelte|html)$/;
const MAX_SOURCES = 5000;

export type MainFile =
  | { state: 'calls'; path: string }
  /** `after` is the source with the call added. */
  | { state: 'can be added'; path: string; before: string; after: string }
  | { state: 'unknown' };

export async function findMainFile(cwd: string, named?: string): Promise<MainFile> {
  const calling = await findCall(cwd);
  if (calling) return { state: 'calls', path: calling };
  for (const name of named ? [named] : MAIN_FILES) {
    const path = join(cwd, name);
    const before = await readFile(path, 'utf8').catch(() => undefined);
    if (before !== undefined) return { state: 'can be added', path, before, after: addCall(before) };
  }
  return { state: 'unknown' };
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

async function findCall(cwd: string): Promise<string | undefined> {
  const entries = await readdir(join(cwd, 'src'), { recursive: true, withFileTypes: true }).catch(() => []);
  const sources = entries.filter((entry) => entry.isFile() && SOURCE.test(entry.name)).slice(0, MAX_SOURCES);
  for (const entry of sources) {
    const path = join(entry.parentPath, entry.name);
    if ((await readFile(path, 'utf8')).includes('notifyAppReady')) return path;
  }
  return undefined;
}
