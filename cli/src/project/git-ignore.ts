// Keeps secrets out of the repository by naming them in .gitignore.

import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { applyFileChange, type FileChange, readIfThere } from './file-change.ts';

/** Undefined when all names are there, or when the folder is in no git repository. */
export async function planHiddenFromGit(folder: string, names: string[]): Promise<FileChange | undefined> {
  if (!(await isInRepository(folder))) return undefined;
  const path = join(folder, '.gitignore');
  const before = await readIfThere(path);
  const lines = before.split(/\r?\n/).map((line) => line.trim());
  const missing = names.filter((name) => !lines.includes(name) && !lines.includes(`/${name}`));
  if (missing.length === 0) return undefined;
  const newline = before.includes('\r\n') ? '\r\n' : '\n';
  const start = before === '' || before.endsWith('\n') ? before : before + newline;
  return { path, before, after: start + missing.map((name) => name + newline).join('') };
}

/** True when the name was added; false when it was there or the folder is not in a git repository. */
export async function hideFromGit(folder: string, name: string): Promise<boolean> {
  const change = await planHiddenFromGit(folder, [name]);
  if (change) await applyFileChange(change);
  return change !== undefined;
}

export async function isInRepository(folder: string): Promise<boolean> {
  for (let current = folder; ; current = dirname(current)) {
    const found = await stat(join(current, '.git')).catch(() => undefined);
    if (found) return true;
    if (dirname(current) === current) return false;
  }
}
