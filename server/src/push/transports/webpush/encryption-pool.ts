// Spreads encryption over worker threads; started with the first batch, ended with the process.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { EncryptionJob, EncryptionResult } from './encryption-worker.ts';

/** More threads than this would wait for the sender, not for the processor. */
const MAX_THREADS = 4;

interface EncryptedMessage {
  readonly endpoint: string;
  readonly body: Uint8Array;
}

export interface EncryptionPool {
  /** Encrypts `plaintexts[choice[i]]` for `sealed[i]`, in that order; undefined where the stored subscription cannot be used. */
  encrypt(
    appId: string,
    sealed: readonly string[],
    plaintexts: readonly Uint8Array[],
    choice: readonly number[],
  ): Promise<(EncryptedMessage | undefined)[]>;
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (result: EncryptionResult) => void;
  readonly reject: (error: Error) => void;
}

export function createEncryptionPool(secret: string, threads = defaultThreads()): EncryptionPool {
  let workers: Thread[] = [];
  let nextId = 1;
  let closed = false;
  const thread = (): Thread => {
    if (closed) throw new Error('The encryption pool is closed');
    workers = workers.filter((worker) => !worker.dead);
    while (workers.length < threads) workers.push(new Thread(secret));
    return workers.reduce((least, worker) => (worker.load < least.load ? worker : least));
  };
  return {
    async encrypt(appId, sealed, plaintexts, choice) {
      const size = Math.max(1, Math.ceil(sealed.length / threads));
      const starts = Array.from({ length: Math.ceil(sealed.length / size) }, (_, part) => part * size);
      // A part that cannot be posted rejects with the others, so that no earlier promise is left without a handler.
      const parts = starts.map(async (start) => {
        const range = [start, start + size] as const;
        const job = { id: nextId++, appId, sealed: sealed.slice(...range), plaintexts, choice: choice.slice(...range) };
        return thread().run(job);
      });
      return (await Promise.all(parts)).flatMap(unpack);
    },
    async close() {
      closed = true;
      await Promise.all(workers.map((worker) => worker.end()));
    },
  };
}

const defaultThreads = (): number => Math.max(1, Math.min(MAX_THREADS, availableParallelism()));

function unpack(result: EncryptionResult): (EncryptedMessage | undefined)[] {
  let start = 0;
  return result.endpoints.map((endpoint, index) => {
    const end = result.ends[index] ?? start;
    const body = result.bytes.subarray(start, end);
    start = end;
    return endpoint === null ? undefined : { endpoint, body };
  });
}

class Thread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  dead = false;

  constructor(secret: string) {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#worker = new Worker(new URL(`./encryption-worker.${extension}`, import.meta.url), { workerData: { secret } });
    // An idle thread must not keep a finished process alive.
    this.#worker.unref();
    this.#worker.on('message', (result: EncryptionResult) => this.#settle(result));
    this.#worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', () => this.#fail(new Error('An encryption thread ended')));
  }

  get load(): number {
    return this.#waiting.size;
  }

  run(job: EncryptionJob): Promise<EncryptionResult> {
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(job.id, { resolve, reject });
      this.#worker.postMessage(job);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(result: EncryptionResult): void {
    this.#waiting.get(result.id)?.resolve(result);
    this.#waiting.delete(result.id);
    if (this.#waiting.size === 0) this.#worker.unref();
  }

  #fail(error: Error): void {
    this.dead = true;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
