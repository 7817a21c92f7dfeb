// The process: settings → wiring → listen → drain.

import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { ensureFirstKey } from './accounts/first-key.ts';
import { buildApp } from './app.ts';
import { type Config, loadConfig } from './config.ts';
import { StartError } from './errors.ts';
import { greeting } from './greeting.ts';
import { openLog } from './log.ts';
import { resumePush } from './push/jobs.ts';
import { queues } from './queues.ts';
import { watchDeliveries } from './webhooks/queues.ts';
import { unwire, wire } from './wiring.ts';

/** How long requests and jobs under way may take to end after the first signal. */
const drainMs = 10_000;

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const log = openLog(config.logLevel, process.stdout.isTTY === true);
  const parts = await wire(config, log);
  const app = await buildApp(parts);
  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info(`${signal}: finishing what is under way (again to stop at once)`);
    setTimeout(() => process.exit(1), drainMs + 5_000).unref();
    await app.close();
    await unwire(parts, drainMs);
    process.exit(0);
  };
  try {
    await app.listen({ port: config.port, host: config.host });
  } catch (error) {
    await unwire(parts, drainMs);
    throw listenError(error, config);
  }
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // Creating the queues can take a second the first time: phones are answered meanwhile, and /readyz says 503.
  const works = config.roles.includes('worker');
  await parts.jobs.start(queues(parts), works);
  if (stopping) return;
  // Not before it is sure that somebody will read it: the key is shown once.
  const { key } = await ensureFirstKey(parts.database.db, config.adminKey);
  const { port } = app.server.address() as AddressInfo;
  process.stdout.write(greeting(config, port, key));
  if (works) await resumePush(parts.push, parts.database.engine === 'pglite');
  if (works) await watchDeliveries(parts, (error) => log.error({ err: error }, 'a webhook could not be queued'));
}

function listenError(error: unknown, { host, port }: Config): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  const mend = 'Set PORT (and HOST) to another one.';
  if (code === 'EADDRINUSE') return new StartError(`Port ${port} is already in use on ${host}. ${mend}`);
  if (code === 'EACCES') return new StartError(`This user may not listen on port ${port}. ${mend}`);
  if (code === 'EADDRNOTAVAIL') return new StartError(`This machine has no address ${host}. ${mend}`);
  return error;
}

main().catch((error: unknown) => {
  if (error instanceof StartError) process.stderr.write(`overair: ${error.message}\n`);
  else pino(pino.destination({ fd: 2, sync: true })).fatal({ err: error }, 'Overair could not start');
  process.exit(1);
});
