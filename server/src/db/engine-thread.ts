// The embedded database in a thread of its own: no statement holds up an answer (docs/decisions/0011-database-thread.md).

import { Worker } from 'node:worker_threads';
import { type Engine, EngineFailed, type EngineResult } from './engine.ts';
import { type Reply, type Request, type SentError, unpackError } from './engine-messages.ts';

type Call = Request extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never;
type Outcome = { result: unknown } | { error: SentError } | { failure: EngineFailed };

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const usualProgram = new URL(`./engine-worker.${extension}`, import.meta.url);

/** Opens the files in `folder`. `program` is what the thread runs; tests have some of their own. */
export async function openEngineThread(folder: string, program: URL = usualProgram): Promise<Engine> {
  const engine = new EngineThread(new Worker(program, { workerData: { folder }, name: 'database' }));
  try {
    await engine.opened;
    return engine;
  } catch (error) {
    await engine.abandon();
    throw error;
  }
}

class EngineThread implements Engine {
  readonly opened: Promise<void>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (outcome: Outcome) => void>();
  readonly #listeners = new Map<string, ((payload: string) => void)[]>();
  #calls = 0;
  #diedOf: EngineFailed | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.opened = promise;
    worker.on('message', (reply: Reply) => {
      if (reply.kind === 'error' && reply.id === undefined) return reject(unpackError(reply.error));
      if (reply.kind !== 'opened') return this.#take(reply);
      // A program that only has the database open may end.
      worker.unref();
      resolve();
    });
    worker.on('error', (error) => reject(this.#die(error)));
    worker.on('exit', (code) => reject(this.#die(new Error(`it ended with code ${code}`))));
  }

  async exec(text: string): Promise<EngineResult[]> {
    return (await this.#ask({ call: 'exec', text })) as EngineResult[];
  }

  async query(text: string, values?: unknown[]): Promise<EngineResult> {
    return (await this.#ask({ call: 'query', text, values })) as EngineResult;
  }

  async listen(channel: string, onPayload: (payload: string) => void): Promise<void> {
    const listeners = this.#listeners.get(channel);
    if (listeners) return void listeners.push(onPayload);
    this.#listeners.set(channel, [onPayload]);
    await this.#ask({ call: 'listen', channel });
  }

  async close(): Promise<void> {
    await this.#ask({ call: 'close' });
    await this.abandon();
  }

  async abandon(): Promise<void> {
    await this.#worker.terminate();
  }

  async #ask(call: Call): Promise<unknown> {
    if (this.#diedOf !== undefined) throw this.#diedOf;
    const id = this.#calls++;
    this.#worker.postMessage({ ...call, id });
    // Who waits for an answer is not to end before it.
    this.#worker.ref();
    const outcome = await new Promise<Outcome>((resolve) => this.#waiting.set(id, resolve));
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('result' in outcome) return outcome.result;
    throw 'error' in outcome ? unpackError(outcome.error) : outcome.failure;
  }

  #take(reply: Exclude<Reply, { kind: 'opened' }>): void {
    if (reply.kind === 'notification') {
      for (const listener of this.#listeners.get(reply.channel) ?? []) listener(reply.payload);
      return;
    }
    const resolve = this.#waiting.get(reply.id!);
    this.#waiting.delete(reply.id!);
    resolve?.(reply.kind === 'result' ? { result: reply.result } : { error: reply.error });
  }

  /** What was asked gets an answer, whatever happened to the thread. */
  #die(cause: unknown): EngineFailed {
    this.#diedOf ??= new EngineFailed('The thread of the embedded database has ended', { cause });
    for (const resolve of this.#waiting.values()) resolve({ failure: this.#diedOf });
    this.#waiting.clear();
    return this.#diedOf;
  }
}
