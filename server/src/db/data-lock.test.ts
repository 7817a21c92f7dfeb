// Who may take a data folder that another host has, or had: decided by whether its lock moves, never by what time it shows.

import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockDataDir } from './data-lock.ts';

let dataDir: string;
let path: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'overair-lock-'));
  path = join(dataDir, 'overair.lock');
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const HOUR_MS = 60 * 60 * 1000;
const inUse = /is in use by another Overair server \(process 7 on elsewhere\)/;

async function lockOfAnotherHost(offsetMs: number): Promise<void> {
  await writeFile(path, JSON.stringify({ pid: 7, host: 'elsewhere', startedAt: '1' }));
  await touch(offsetMs);
}

/** As the other host's heartbeat does, by that host's clock. */
async function touch(offsetMs: number): Promise<void> {
  const at = new Date(Date.now() + offsetMs);
  await utimes(path, at, at);
}

const holderOf = async () => JSON.parse(await readFile(path, 'utf8')) as { host: string; pid: number };

describe.each([
  ['ahead', HOUR_MS],
  ['behind', -HOUR_MS],
  ['right', 0],
])('a lock of another host whose clock is %s', (_clock, offsetMs) => {
  test('and stands still is taken over after ten seconds of watching', async () => {
    await lockOfAnotherHost(offsetMs);
    let watchedMs = 0;
    const lock = await lockDataDir(dataDir, async (ms) => {
      watchedMs += ms;
    });
    expect(watchedMs).toBe(10_000);
    expect(await holderOf()).toMatchObject({ host: hostname(), pid: process.pid });
    await lock.release();
    expect(await readdir(dataDir)).toEqual([]);
  });

  test('and moves, even at the last moment, is respected', async () => {
    await lockOfAnotherHost(offsetMs);
    let watchedMs = 0;
    const taken = lockDataDir(dataDir, async (ms) => {
      watchedMs += ms;
      if (watchedMs === 9_500) await touch(offsetMs + 3_000);
    });
    await expect(taken).rejects.toThrow(inUse);
    expect(await holderOf()).toMatchObject({ host: 'elsewhere' });
  });
});

test('a lock that is given back while it is watched is free at once', async () => {
  await lockOfAnotherHost(0);
  let looks = 0;
  const lock = await lockDataDir(dataDir, async () => {
    if (++looks === 2) await rm(path);
  });
  expect(looks).toBe(2);
  await lock.release();
});

test('two that find the same dead lock at once do not both get the folder', async () => {
  await lockOfAnotherHost(HOUR_MS);
  const watching = async () => {};
  const taken = await Promise.allSettled([lockDataDir(dataDir, watching), lockDataDir(dataDir, watching)]);
  expect(taken.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('a process of this host that is gone leaves no lock behind', async () => {
  await writeFile(path, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), startedAt: '1' }));
  const lock = await lockDataDir(dataDir, () => Promise.reject(new Error('there is nothing to watch')));
  await lock.release();
});
