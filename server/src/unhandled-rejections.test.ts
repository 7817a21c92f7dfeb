// A server outlives a promise that fails with nobody waiting for it, and says so; an exception still ends it.

import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const guard = new URL('./unhandled-rejections.ts', import.meta.url).href;

/** A process that `fails`, and says that it is alive a moment later. */
function run(fails: string) {
  const program = `
    import { outliveRejections } from ${JSON.stringify(guard)};
    outliveRejections(process, { error: ({ err }, what) => console.log(err.message, '|', what) });
    setTimeout(() => console.log('alive'), 20);
    ${fails}`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  return { status, stdout };
}

test('a rejection is written down, and the process goes on', () => {
  const { status, stdout } = run(`void Promise.reject(new Error('database gone'));`);
  expect(stdout).toMatch(/^database gone \| a promise failed that nobody waits for.*\nalive\n$/);
  expect(status).toBe(0);
});

test('an exception that nobody catches ends it', () => {
  const { status, stdout } = run(`setTimeout(() => { throw new Error('broken'); });`);
  expect(stdout).toBe('');
  expect(status).not.toBe(0);
});
