// PgBouncer of the system in transaction mode, in front of a PostgreSQL server.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './processes.ts';

const programs = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/opt/homebrew/bin/pgbouncer'];

export async function startPgBouncer(target: URL): Promise<{ url: string; stop(): Promise<void> }> {
  const program = programs.find((each) => existsSync(each));
  if (program === undefined) throw new Error('This test needs PgBouncer: apt-get install pgbouncer');
  const folder = await mkdtemp(join(tmpdir(), 'overair-pgbouncer-'));
  // It refuses to run as root, and its own user has to read this.
  await chmod(folder, 0o755);
  const port = await freePort();
  const config = join(folder, 'pgbouncer.ini');
  const users = join(folder, 'users.txt');
  await writeFile(users, `"${target.username}" "${target.password}"\n`);
  await writeFile(
    config,
    [
      '[databases]',
      `* = host=${target.hostname} port=${target.port}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = trust',
      `auth_file = ${users}`,
      'pool_mode = transaction',
      'default_pool_size = 5',
    ].join('\n'),
  );
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(program, [...user, config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk) => (log += chunk));
  const ended = once(child, 'exit');
  const killWithTest = () => child.kill('SIGKILL');
  process.once('exit', killWithTest);
  const url = new URL(target);
  url.port = String(port);
  while (!(await answers(url.href))) {
    if (child.exitCode !== null) throw new Error(`PgBouncer ended:\n${log}`);
    await sleep(50);
  }
  return {
    url: url.href,
    async stop() {
      child.kill('SIGKILL');
      await ended;
      process.off('exit', killWithTest);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
