// The server as a process: settings → wiring → listen → drain.

import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { ensureFirstKey } from './accounts/first-key.ts';
import { buildApp, tooSlow } from './app.ts';
import { type Config, loadConfig } from './config.ts';
import { LOOK_EVERY_MS, watchConnections } from './connections.ts';
import { StartError } from './errors.ts';
import { greeting } from './greeting.ts';
import { addressesOf, listen } from './listen.ts';
import { openLog } from './log.ts';
import { startPush } from './push/jobs.ts';
import { queues } from './queues.ts';
import { outliveRejections } from './unhandled-rejections.ts';
import { watchDeliveries } from './webhooks/queues.ts';
import { type Parts, unwire, wire } from './wiring.ts';

/** How long requests under way may take to end after the first signal; then their connections are cut. */
const REQUESTS_MS = 5_000;
/** All that is left to do has to be done by then: supervisors kill after ten seconds. */
const DRAIN_MS = 9_500;

/** Runs until a signal ends the process. Throws `StartError` for what the owner can mend. */
export async function serve(env: NodeJS.ProcessEnv): Promise<void> {
  const config = loadConfig(env);
  const log = openLog(config.logLevel, process.stdout.isTTY === true);
  outliveRejections(process, log);
  let drain: (() => Promise<void>) | undefined;
  const isStopping = stopOnSignals(log, () => drain?.());
  const parts = await wire(config, log);
  const app = await buildApp(parts);
  const connections = watchConnections(app.server, tooSlow);
  setInterval(connections.endSlow, LOOK_EVERY_MS).unref();
  drain = async () => {
    const deadline = performance.now() + DRAIN_MS;
    const cut = setTimeout(() => app.server.closeAllConnections(), REQUESTS_MS);
    connections.endUnused();
    const stopLooking = connections.endIdle();
    await app.close();
    stopLooking();
    clearTimeout(cut);
    await unwire(parts, Math.max(500, deadline - performance.now() - 1_000));
  };
  if (isStopping()) return;
  try {
    await listen(app, await addressesOf(config.host), config.port);
  } catch (error) {
    await unwire(parts, DRAIN_MS);
    throw listenError(error, config);
  }
  const key = await begin(parts, isStopping);
  const { port } = (app.server.address() as AddressInfo | null) ?? config;
  if (!isStopping()) process.stdout.write(greeting(config, port, key));
}

/** Background work, and the first key when it was made just now. */
async function begin(parts: Parts, isStopping: () => boolean): Promise<string | undefined> {
  const { config, database, jobs, log, push } = parts;
  // Creating the queues can take a second the first time: phones are answered meanwhile, and /readyz says 503.
  const works = config.roles.includes('worker');
  await jobs.start(queues(parts), works);
  if (isStopping()) return undefined;
  parts.attention.start();
  if (works) await startPush(push, database.engine === 'pglite');
  if (works) await watchDeliveries(parts, (error) => log.error({ err: error }, 'a webhook could not be queued'));
  // Last, when it is sure that somebody will read it: the key is shown once.
  return isStopping() ? undefined : (await ensureFirstKey(database.db, config.adminKey)).key;
}

/** Ends the process after `drain`, with 1 when that took too long or failed. A second signal ends it at once. */
function stopOnSignals(log: Logger, drain: () => Promise<void> | undefined): () => boolean {
  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info(`${signal}: finishing what is under way (again to stop at once)`);
    const tooLate = setTimeout(() => {
      log.error('what was under way did not end in time: counts of the last seconds may be missing');
      process.exit(1);
    }, DRAIN_MS);
    try {
      await drain();
    } catch (error) {
      log.error({ err: error }, 'the server did not stop cleanly');
      process.exit(1);
    }
    clearTimeout(tooLate);
    process.exit(0);
  };
  // From the first moment: as the first process of a container it would not hear of a signal otherwise.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  return () => stopping;
}

function listenError(error: unknown, { host, port }: Config): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  const mend = 'Set PORT (and HOST) to another one.';
  if (code === 'EADDRINUSE') return new StartError(`Port ${port} is already in use on ${host}. ${mend}`);
  if (code === 'EACCES') return new StartError(`This user may not listen on port ${port}. ${mend}`);
  if (code === 'EADDRNOTAVAIL') return new StartError(`This machine has no address ${host}. ${mend}`);
  return error;
}
