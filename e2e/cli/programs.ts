// Runs our built command line and the other tool's published one as programs, in a project that both accept.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const OURS = fileURLToPath(new URL('../../cli/bin/overair.js', import.meta.url));
const THEIRS = createRequire(import.meta.url).resolve('@capgo/cli');
const LOOPBACK_ONLY = new URL('./loopback-only.js', import.meta.url).href;
const LIMIT_MS = 60_000;

export const APP_ID = 'com.example.tiny';

/** `updater` decides which encodings the other tool chooses. */
export function aProject(updater: string, files: Record<string, string | Uint8Array> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'overair-e2e-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const content = {
    'package.json': JSON.stringify({
      name: 'tiny',
      version: '1.2.3',
      dependencies: { '@capgo/capacitor-updater': updater },
    }),
    'node_modules/@capgo/capacitor-updater/package.json': JSON.stringify({
      name: '@capgo/capacitor-updater',
      version: updater,
    }),
    'capacitor.config.json': JSON.stringify({ appId: APP_ID, appName: 'Tiny', webDir: 'www' }),
    'www/index.html': '<script src="app.js"></script>',
    'www/app.js': 'CapacitorUpdater.notifyAppReady();',
    'www/assets/text.txt': 'All work and no play. '.repeat(3000),
    ...files,
  };
  for (const [name, text] of Object.entries(content)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

export interface Outcome {
  code: number | null;
  output: string;
  json<T = Record<string, string>>(): T;
}

export const ours = (cwd: string, args: string[], env: Record<string, string> = {}) => run(cwd, [OURS, ...args], env);

/** Telemetry off, and no way out of this machine. */
export const theirs = (cwd: string, args: string[]) =>
  run(cwd, ['--import', LOOPBACK_ONLY, THEIRS, ...args], {
    CAPGO_DISABLE_TELEMETRY: 'true',
    CAPGO_DISABLE_POSTHOG: 'true',
  });

function run(cwd: string, args: string[], env: Record<string, string>): Promise<Outcome> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH, HOME: cwd, CI: 'true', NO_COLOR: '1', ...env },
    timeout: LIMIT_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output, json: <T>() => JSON.parse(stdout) as T }));
  });
}
