// The machine under the bench: what it is, and which of its cores a process may use.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

const cores = availableParallelism();
const canPin = cores > 1 && spawnSync('taskset', ['-p', String(process.pid)], { stdio: 'ignore' }).status === 0;

interface Machine {
  cores: number;
  cpu: string;
  node: string;
  pinning: string;
}

export function describeMachine(): Machine {
  return {
    cores,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    node: process.versions.node,
    pinning: canPin ? 'server on core 0, load and database on the others' : 'not pinned',
  };
}

/** The whole command that runs `node` on the server's core, or on the cores of everything else. */
export function nodeCommand(where: 'server' | 'rest', args: string[]): [string, string[]] {
  if (!canPin) return [process.execPath, args];
  const list = where === 'server' ? '0' : `1-${cores - 1}`;
  return ['taskset', ['-c', list, process.execPath, ...args]];
}

export interface Usage {
  /** Resident memory now and at its highest, in MB. NaN where the system does not tell. */
  residentMb: number;
  peakMb: number;
  /** Processor time so far, of all threads. */
  cpuMs: number;
}

/** Clock ticks a second in /proc; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export function usageOf(pid: number): Usage {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const megabytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
    // The name in brackets may hold blanks: count the fields after it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { residentMb: megabytes('VmRSS'), peakMb: megabytes('VmHWM'), cpuMs: (ticks * 1000) / TICKS_PER_SECOND };
  } catch {
    return { residentMb: Number.NaN, peakMb: Number.NaN, cpuMs: Number.NaN };
  }
}
