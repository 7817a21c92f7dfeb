// Which names a bundle may hold: what the disks of phones can store, and what Android and iOS take for two different files.

import { CliError } from '../cli-error.ts';

// The limits of the file systems on phones; the server refuses longer ones too.
const MAX_SEGMENT_BYTES = 255;
const MAX_PATH_BYTES = 1024;

/** `name` is the path inside the bundle, `path` where the file lies on this machine. */
export function requireStorableName(name: string, path: string): void {
  if (name.includes('\\')) throw invalid(`Devices refuse file names with a backslash: ${path}`);
  if (/^[A-Za-z]:/.test(name)) throw invalid(`Devices take ${name} for a path on another drive: ${path}`);
  // Node puts this character where the bytes on the disk are no UTF-8; the file cannot be opened by it.
  if (name.includes('\ufffd')) throw invalid(`The name of ${path} is not written in UTF-8.`);
  const isTooLong =
    Buffer.byteLength(name) > MAX_PATH_BYTES ||
    name.split('/').some((segment) => Buffer.byteLength(segment) > MAX_SEGMENT_BYTES);
  if (isTooLong) {
    const limits = `${MAX_SEGMENT_BYTES} bytes for a file or folder, ${MAX_PATH_BYTES} for a path`;
    throw invalid(`The name is longer than devices can store (${limits}): ${path}`);
  }
}

/** iOS takes names that differ only in Unicode normalisation (a composed and a decomposed é) for the same. */
export function requireDistinctNames(names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    for (const part of [...foldersOf(name), name]) {
      const known = seen.get(part.normalize('NFC'));
      if (known === undefined) seen.set(part.normalize('NFC'), part);
      else if (known !== part) throw invalid(`Two names are the same on iOS: ${show(known)} and ${show(part)}`);
    }
  }
}

/** The first pair that a simulator on a Mac, or Electron on Windows, keeps only one of; phones keep both. */
export function findCaseCollision(names: readonly string[]): [string, string] | undefined {
  const seen = new Map<string, string>();
  for (const name of names) {
    const folded = name.toLowerCase();
    const known = seen.get(folded);
    if (known !== undefined) return [known, name];
    seen.set(folded, name);
  }
  return undefined;
}

function foldersOf(name: string): string[] {
  const folders: string[] = [];
  for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) folders.push(name.slice(0, at));
  return folders;
}

// Both look alike; the escapes tell them apart.
const show = (name: string) =>
  name.replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

const invalid = (message: string) => new CliError('invalid_file_name', message, { hint: 'Rename it in the build.' });
