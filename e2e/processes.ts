// Starts the built programs as a user would: the server as a process of its own, the CLI as a command.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const inRepository = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const serverProgram = inRepository('server/bin/overair-server.js');
const cliProgram = inRepository('cli/bin/overair.js');
/** Far more than it takes: a busy machine must not fail the test. */
const READY_WITHIN_MS = 120_000;

export interface RunningServer {
  url: string;
  /** The key printed at the first start. */
  adminKey: string | undefined;
  output(): string;
  /** Sends SIGTERM unless told, and waits for the end. Returns the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** SIGKILL: no time for anything. */
  kill(): Promise<void>;
}

interface ServerOptions {
  dataDir: string;
  port?: number;
  /** What the address says; it listens on loopback all the same. */
  host?: 'localhost' | '127.0.0.1';
  env?: Record<string, string>;
  /** Runs the sources instead of the build. */
  fromSource?: boolean;
}

export async function startServer({
  dataDir,
  port,
  env,
  fromSource,
  host = '127.0.0.1',
}: ServerOptions): Promise<RunningServer> {
  const onPort = port ?? (await freePort());
  const url = `http://${host}:${onPort}`;
  const program = fromSource ? ['--conditions=source', inRepository('server/src/main.ts')] : [serverProgram];
  const child = spawn(process.execPath, program, {
    env: {
      PATH: process.env['PATH'],
      HOST: host,
      PORT: String(onPort),
      OVERAIR_DATA_DIR: dataDir,
      OVERAIR_PUBLIC_URL: url,
      OVERAIR_LOG_LEVEL: 'warn',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'exit');
  // A test that fails half-way leaves no server behind.
  const killWithTest = () => child.kill('SIGKILL');
  process.once('exit', killWithTest);
  child.once('exit', () => process.off('exit', killWithTest));
  await waitUntilReady(
    url,
    () => child.exitCode ?? child.signalCode,
    () => output,
  ).catch((error) => {
    child.kill('SIGKILL');
    throw error;
  });
  return {
    url,
    adminKey: /Admin key[^:]*: (\S+)/.exec(output)?.[1],
    output: () => output,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      await ended;
      return child.exitCode;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function waitUntilReady(url: string, exit: () => unknown, output: () => string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (exit() !== null) throw new Error(`The server ended before it was ready:\n${output()}`);
    const ready = await fetch(`${url}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready && output().includes('is ready on')) return;
    await sleep(50);
  }
  throw new Error(`The server was not ready within ${READY_WITHIN_MS} ms:\n${output()}`);
}

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `overair ARGS` without a terminal. Its home is a folder of the caller's, so that no real login is touched. */
export async function runCli(args: string[], options: { cwd: string; home: string; env?: Record<string, string> }) {
  const { cwd, home, env } = options;
  return runToEnd([cliProgram, ...args], { cwd, env: { HOME: home, CI: 'true', ...env } });
}

/** Runs `overair-server ARGS`, a command that ends by itself. */
export const runServerCommand = (args: string[], env: Record<string, string>): Promise<CliResult> =>
  runToEnd([serverProgram, ...args], { env });

async function runToEnd(program: string[], { cwd, env }: { cwd?: string; env: Record<string, string> }) {
  const child = spawn(process.execPath, program, {
    ...(cwd !== undefined && { cwd }),
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr } satisfies CliResult;
}

/** A folder that is gone when `use` ends. */
export async function temporaryFolder(name: string): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `overair-${name}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
