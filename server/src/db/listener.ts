// Keeps one connection to PostgreSQL on LISTEN for as long as the server runs, and knows whether it hears.

import { randomUUID } from 'node:crypto';
import pg from 'pg';

const RECONNECT_DELAY_MS = 250;
const HEARTBEAT_EVERY_MS = 1_000;
/** Long enough for a busy server: whoever is thought lost has to read everything anew. */
const HEARTBEAT_ANSWER_MS = 2_000;
const FIRST_CONNECT_WITHIN_MS = 15_000;
/** An attempt that began while the network was gone must not still be waited for when it is back. */
const RECONNECT_WITHIN_MS = 1_500;
/** One proof may be late on a busy machine. */
const UNHEARD_PROOFS = 2;

interface Listening {
  url: string;
  channel: string;
  onPayload: (payload: string) => void;
  /** Called with false when notifications may be missed from now on, with true when they are heard again. */
  onGap: (hearing: boolean) => void;
  onError: (error: unknown, what: string) => void;
}

/**
 * Reconnects for ever. A heartbeat proves the way by a notification to itself: a pooler in transaction mode accepts LISTEN,
 * answers every statement, and delivers nothing.
 */
export class Listener {
  readonly #with: Listening;
  readonly #proofChannel = `overair_proof_${randomUUID().replaceAll('-', '')}`;
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #closed = false;
  #sent = 0;
  #heard = 0;
  #isDeaf = false;

  constructor(listening: Listening) {
    this.#with = listening;
  }

  async connect(connectionTimeoutMillis = FIRST_CONNECT_WITHIN_MS): Promise<void> {
    const { url, channel, onPayload } = this.#with;
    const names = { connectionString: url, application_name: 'overair listening' };
    const client = new pg.Client({ ...names, connectionTimeoutMillis, keepAlive: true });
    client.on('notification', ({ channel: from, payload = '' }) => {
      if (from === this.#proofChannel) this.#hear(Number(payload));
      else onPayload(payload);
    });
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, new Error('connection ended')));
    try {
      await client.connect();
      await client.query(`listen ${client.escapeIdentifier(channel)}`);
      await client.query(`listen ${this.#proofChannel}`);
    } catch (error) {
      client.end().catch(() => {});
      throw error;
    }
    if (this.#closed) await client.end();
    // Only now: a client that fails while it connects also says that it was lost, and would be replaced twice.
    else this.#client = client;
    this.#heard = this.#sent;
    this.#watch(client);
  }

  /** A connection that the network dropped without a word looks like one on which nothing happens, so it is asked. */
  #watch(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#heartbeat = setTimeout(() => {
      if (this.#sent - this.#heard >= UNHEARD_PROOFS) this.#deaf();
      let answered = false;
      const proof = ++this.#sent;
      client.query('select pg_notify($1, $2)', [this.#proofChannel, String(proof)]).then(
        () => {
          answered = true;
          this.#watch(client);
        },
        () => {},
      );
      // The turn of the event loop in which this is due may be the one that reads the answer, after a long computation.
      const judge = () => setImmediate(() => answered || this.#lost(client, new Error('no answer')));
      setTimeout(judge, HEARTBEAT_ANSWER_MS).unref();
    }, HEARTBEAT_EVERY_MS).unref();
  }

  #hear(proof: number): void {
    this.#heard = Math.max(this.#heard, proof);
    if (!this.#isDeaf) return;
    this.#isDeaf = false;
    this.#with.onGap(true);
  }

  #deaf(): void {
    if (this.#isDeaf) return;
    this.#isDeaf = true;
    const mend = 'give DATABASE_URL the address of the server itself, or a pooler in session mode';
    const error = new Error(`LISTEN was accepted, and no notification arrives: a pooler in transaction mode? ${mend}`);
    this.#with.onError(error, 'changes cannot be heard of: they are asked for instead, twice a second');
    this.#with.onGap(false);
  }

  #lost(client: pg.Client, error: unknown): void {
    if (this.#closed || this.#client !== client) return;
    this.#client = undefined;
    client.end().catch(() => {});
    this.#with.onError(error, 'the connection that hears of changes was lost');
    if (!this.#isDeaf) this.#with.onGap(false);
    this.#retry();
  }

  #retry(): void {
    this.#timer = setTimeout(() => {
      this.connect(RECONNECT_WITHIN_MS).then(
        // After a failed proof, only the next proof ends the gap.
        () => this.#isDeaf || this.#with.onGap(true),
        () => {
          if (!this.#closed) this.#retry();
        },
      );
    }, RECONNECT_DELAY_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#heartbeat);
    await this.#client?.end();
  }
}
