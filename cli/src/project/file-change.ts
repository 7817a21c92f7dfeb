// A change of a file that is known before it is made, so that it can be shown, refused, and made whole or not at all.

import { readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { CliError } from '../cli-error.ts';
import { replaceFile } from '../temporary-files.ts';

export interface FileChange {
  path: string;
  /** Text of the file when the change was planned; empty for a file that is not there. */
  before: string;
  after: string;
}

/** Refuses when somebody else changed the file meanwhile. Mode and symbolic links stay as they are. */
export async function applyFileChange({ path, before, after }: FileChange): Promise<void> {
  if ((await readIfThere(path)) !== before) {
    throw new CliError('file_changed', `${basename(path)} was changed meanwhile, so it is left alone.`, {
      hint: 'Run the command again.',
    });
  }
  const target = await realpath(path).catch(() => path);
  const mode = await stat(target).then(
    (info) => info.mode,
    () => 0o644,
  );
  await replaceFile(target, (temporary) => writeFile(temporary, after, { mode }));
}

/** Empty for a file that is not there. */
export async function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}
