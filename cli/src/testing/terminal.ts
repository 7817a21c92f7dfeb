// The program in a real pseudo-terminal, made by the system's own script(1): what a person at a keyboard sees and types.

import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { onTestFinished } from 'vitest';
import { COMPILE_CACHE, PROGRAM } from './project.ts';

const WAIT_MS = 20_000;

export const ENTER = '\r';
export const DOWN = '\x1b[B';
export const CTRL_C = '\x03';

export interface Terminal {
  /** All output so far, without cursor movements and colours. */
  screen(): string;
  /** Resolves when the screen shows the text; fails after a while, with the screen. */
  waitFor(text: string): Promise<void>;
  type(text: string): void;
  /** The exit code. */
  ended: Promise<number | null>;
}

export function inTerminal(cwd: string, args: string[], env: Record<string, string> = {}): Terminal {
  const words = [process.execPath, '--conditions=source', PROGRAM.path, ...args];
  const { PATH = '' } = process.env;
  const child = spawn('script', scriptArguments(words), {
    cwd,
    env: {
      PATH,
      HOME: join(cwd, 'home'),
      TERM: 'xterm',
      SHELL: '/bin/sh',
      TMPDIR: tmpdir(),
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...env,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill();
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const screen = () => stripVTControlCharacters(output);
  return {
    screen,
    ended,
    type: (text) => child.stdin.write(text),
    async waitFor(text) {
      const startedAt = performance.now();
      while (!screen().includes(text)) {
        if (performance.now() - startedAt > WAIT_MS) throw new Error(`"${text}" never came. The screen:\n${screen()}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}

function scriptArguments(words: string[]): string[] {
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  // A terminal that script(1) makes from a pipe has no size of its own.
  const command = `stty cols 100 rows 30; exec ${quoted}`;
  if (process.platform === 'darwin') return ['-q', '/dev/null', '/bin/sh', '-c', command];
  return ['--quiet', '--return', '--flush', '--command', command, '/dev/null'];
}
