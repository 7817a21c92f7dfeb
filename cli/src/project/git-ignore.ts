// Keeps secrets out of the repository by naming them in .gitignore.

import { appendFile, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** True when the name was added; false when it was there or the folder is not in a git repository. */
export async function hideFromGit(folder: string, name: string): Promise<boolean> {
  if (!(await isInRepository(folder))) return false;
  const path = join(folder, '.gitignore');
  const text = await readFile(path, 'utf8').catch(() => '');
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  if (lines.includes(name) || lines.includes(`/${name}`)) return false;
  await appendFile(path, `${text === '' || text.endsWith('\n') ? '' : '\n'}${name}\n`);
  return true;
}

export async function isInRepository(folder: string): Promise<boolean> {
  for (let current = folder; ; current = dirname(current)) {
    const found = await stat(join(current, '.git')).catch(() => undefined);
    if (found) return true;
    if (dirname(current) === current) return false;
  }
}
