// The command that `overair init` ends with: one that was tried just now, as the person would type it.

import { realpath, stat } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { doctor } from '../commands/doctor.ts';
import { probe } from '../commands/probe.ts';
import type { Context } from '../context.ts';
import { createUi } from '../terminal/ui.ts';

/** Tried in this order, without the flags of `init`: what only its flags know, the next command does not. */
const CANDIDATES: { words: string; run: (context: Context) => Promise<unknown> }[] = [
  {
    words: 'probe',
    run: (context) => probe(context, { platform: 'android', nativeVersion: '1.0.0', bundle: 'builtin' }),
  },
  { words: 'doctor', run: (context) => doctor(context, {}) },
];

export async function findProvenCommand(context: Context): Promise<string> {
  const silent = createUi({ json: true, yes: false, interactive: false, attended: false });
  const program = await nameOfProgram(context);
  for (const { words, run } of CANDIDATES) {
    const works = await run({ ...context, ui: silent }).then(
      () => true,
      () => false,
    );
    if (works) return `${program} ${words}`;
  }
  return `${program} doctor --help`;
}

/** How the person can start this program in this folder. */
export async function nameOfProgram({ cwd, env }: Context): Promise<string> {
  if (env.npm_command === 'exec' || (await isInstalledAbove(cwd))) return 'npx overair';
  const script = process.argv[1] ?? '';
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    if ((await realpath(join(folder, 'overair')).catch(() => '')) === (await realpath(script).catch(() => ' '))) {
      return 'overair';
    }
  }
  return [process.execPath, ...process.execArgv, script].map(quoted).join(' ');
}

async function isInstalledAbove(cwd: string): Promise<boolean> {
  for (let current = cwd; ; current = dirname(current)) {
    if (await stat(join(current, 'node_modules/.bin/overair')).catch(() => undefined)) return true;
    if (dirname(current) === current) return false;
  }
}

const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
