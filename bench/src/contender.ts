// A server under load, in a process of its own.

import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeCommand, type Usage, usageOf } from './machine.ts';

const START_WITHIN_MS = 120_000;
const STOP_WITHIN_MS = 20_000;
const SETTLE_MS = 6_000;

export interface Contender {
  port: number;
  usage(): Usage;
  stop(): Promise<void>;
}

interface ContenderOptions {
  /** The program, from the repository's root. It listens on the PORT of its environment. */
  file: string;
  env?: Record<string, string>;
  /** Answers 200 when the server can work. */
  readyPath: string;
  profile?: string | undefined;
  /** Its queues and schedules are made after it answers: wait for that too. */
  settles?: boolean;
}

export async function startContender({
  file,
  env,
  readyPath,
  profile,
  settles = false,
}: ContenderOptions): Promise<Contender> {
  const port = await freePort();
  const flags = ['--conditions=source'];
  if (profile !== undefined) {
    mkdirSync(profile, { recursive: true });
    flags.push('--cpu-prof', `--cpu-prof-dir=${profile}`);
  }
  const [command, commandArgs] = nodeCommand('server', [...flags, file]);
  const child = spawn(command, commandArgs, {
    env: { ...process.env, ...env, PORT: String(port), HOST: '127.0.0.1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = (complaint + chunk).slice(-4_000);
  });
  // However the bench ends, nothing it started outlives it.
  process.once('exit', () => child.kill('SIGKILL'));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await readyOn(port, readyPath, () => {
    if (child.exitCode !== null) throw new Error(`${file} ended while it started:\n${complaint}`);
  });
  if (settles) await sleep(SETTLE_MS);
  return {
    port,
    usage: () => usageOf(child.pid!),
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Resolves when `path` answers 200; `check` may throw to give up early. */
export async function readyOn(port: number, path: string, check: () => void = () => {}, everyMs = 20): Promise<void> {
  const giveUpMs = performance.now() + START_WITHIN_MS;
  while (performance.now() < giveUpMs) {
    check();
    const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.status === 200) return;
    await sleep(everyMs);
  }
  throw new Error(`Nothing answered on port ${port} within ${START_WITHIN_MS / 1000} s`);
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
