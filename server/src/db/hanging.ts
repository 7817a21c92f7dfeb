// Gives up connections on which a database that hangs would keep callers waiting for ever. How long a statement takes
// proves nothing, a migration may run for an hour; what counts is that a fresh connection gets no answer either.

import pg from 'pg';

interface Watch {
  stop(): void;
}

/**
 * Looks at connections that have been in use for longer than `patienceMs`, and does nothing while there are none. The
 * server then has a third of that time for an answer: even a busy one is much sooner.
 */
export function watchForHanging(
  pool: pg.Pool,
  url: string,
  patienceMs: number,
  onError: (error: unknown, what: string) => void,
): Watch {
  const inUseSinceMs = new Map<pg.PoolClient, number>();
  pool.on('acquire', (client) => inUseSinceMs.set(client, Date.now()));
  pool.on('release', (_error, client) => inUseSinceMs.delete(client));
  pool.on('remove', (client) => inUseSinceMs.delete(client));
  let isLooking = false;

  async function look(): Promise<void> {
    const longSince = Date.now() - patienceMs;
    const suspects = [...inUseSinceMs].filter(([, since]) => since <= longSince);
    if (suspects.length === 0 || (await answers(url, patienceMs / 3))) return;
    onError(new Error('no answer'), 'the database hangs: statements that waited for it were given up');
    for (const [client, since] of suspects) if (inUseSinceMs.get(client) === since) giveUp(client);
  }

  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void look().finally(() => {
      isLooking = false;
    });
  }, patienceMs / 2).unref();
  return { stop: () => clearInterval(timer) };
}

/** With a statement under way this cuts the connection, and the statement fails; its pool makes a new one. */
function giveUp(client: pg.PoolClient): void {
  (client as pg.PoolClient & pg.Client).end().catch(() => {});
}

async function answers(url: string, withinMs: number): Promise<boolean> {
  const limits = { connectionTimeoutMillis: withinMs, query_timeout: withinMs };
  const client = new pg.Client({ connectionString: url, ...limits });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch (error) {
    // Even "too many connections" is an answer.
    return error instanceof pg.DatabaseError;
  } finally {
    client.end().catch(() => {});
  }
}
