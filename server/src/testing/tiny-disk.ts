// A file system of one megabyte, for tests of a full disk.

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Its folder, until the test that asks has finished; undefined, loudly, where mounting needs rights we do not have. */
export async function mountTinyDisk(): Promise<string | undefined> {
  const disk = await mkdtemp(join(tmpdir(), 'overair-disk-'));
  onTestFinished(() => rm(disk, { recursive: true, force: true }));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    console.warn('SKIPPED: a full disk (this machine lets us mount no tmpfs)');
    return undefined;
  }
  // Hooks run in reverse order: the disk is unmounted before its folder is removed.
  onTestFinished(() => void execFileSync('umount', ['--lazy', disk]));
  return disk;
}
