// The file that `overair login` writes: which server, which key, readable by the owner alone.

import { chmod, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CliError, describeError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { replaceFile } from '../temporary-files.ts';

export const LOGIN_FILE_NAME = '.overair';

interface Login {
  server?: string;
  apikey: string;
}

export const homeLoginFile = (context: Context) => join(context.env.HOME || homedir(), LOGIN_FILE_NAME);
export const projectLoginFile = (context: Context) => join(context.cwd, LOGIN_FILE_NAME);

/** The project's login wins over the one in the home folder. */
export async function findLogin(context: Context): Promise<(Login & { path: string }) | undefined> {
  for (const path of [projectLoginFile(context), homeLoginFile(context)]) {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'EISDIR') return undefined;
      throw new CliError('unreadable_login', `Cannot read ${path}: ${describeError(error)}`, { cause: error });
    });
    if (text?.trim()) return { ...parseLogin(text.trim(), path), path };
  }
  return undefined;
}

export async function saveLogin(path: string, login: Login): Promise<void> {
  await replaceFile(path, async (temporary) => {
    await writeFile(temporary, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600 });
    await chmod(temporary, 0o600);
  });
}

function parseLogin(text: string, path: string): Login {
  if (!text.startsWith('{')) return { apikey: text };
  try {
    const { server, apikey } = JSON.parse(text) as Partial<Login>;
    if (typeof apikey === 'string') return { apikey, ...(typeof server === 'string' ? { server } : {}) };
  } catch {
    // Falls through to the same message: people need to know which file, not which byte.
  }
  throw new CliError('invalid_login', `${path} is not a login file.`, { hint: 'Run overair login again.' });
}
