// A throw-away Capacitor project on disk, and the program run in it as a person or a CI job would run it.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** What the tests start. `imports` is never called: it tells `vitest --changed` on which files such tests depend. */
export const PROGRAM = {
  path: fileURLToPath(new URL('../main.ts', import.meta.url)),
  imports: () => [import('../main.ts'), import('../project/config-runner.ts')],
};
// Shared by all runs: each starts the same program.
export const COMPILE_CACHE = join(tmpdir(), 'overair-test-compile-cache');
const LIMIT_MS = 40_000;

export const APP_ID = 'com.example.tiny';

/** A folder that is removed with the test. */
export function aFolder(files: Record<string, string | Uint8Array> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'overair-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** The least that the commands accept as an app; `files` adds or replaces. */
export function aProject(files: Record<string, string | Uint8Array> = {}): string {
  return aFolder({
    'package.json': JSON.stringify({ name: 'tiny', version: '1.2.3' }),
    'capacitor.config.json': `${JSON.stringify({ appId: APP_ID, appName: 'Tiny', webDir: 'www' }, null, 2)}\n`,
    'www/index.html': '<script src="assets/app.js"></script>',
    'www/assets/app.js': 'CapacitorUpdater.notifyAppReady();',
    'home/.keep': '',
    ...files,
  });
}

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
  /** stdout as JSON; fails the test when it is not one document. */
  json<T = Record<string, unknown>>(): T;
}

interface RunOptions {
  env?: Record<string, string>;
  /** Text on stdin; stdin is closed after it. */
  input?: string;
}

/** Runs `overair <args>` in `cwd`, with a home folder of its own and nothing inherited that could steer it. */
export function overair(cwd: string, args: string[], options: RunOptions = {}): Promise<Outcome> {
  const { PATH = '', TMPDIR } = process.env;
  const env = {
    PATH,
    HOME: join(cwd, 'home'),
    NO_COLOR: '1',
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    ...(TMPDIR ? { TMPDIR } : {}),
    ...options.env,
  };
  const child = spawn(process.execPath, ['--conditions=source', PROGRAM.path, ...args], {
    cwd,
    env,
    timeout: LIMIT_MS,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr, json: <T>() => JSON.parse(stdout) as T }));
  });
}
