// One keep-alive connection: sends a batch, reads as many answers, sends the next.

import { createConnection, type Socket } from 'node:net';
import { RequestBatch } from './requests.ts';
import type { Numbers, Shape } from './shape.ts';

export interface Counters {
  requests: number;
  failed: number;
  bodyBytes: number;
  /** One figure a batch: from the sending of it to its last answer. */
  latenciesMs: number[];
}

/** Resolves when `next` has no more numbers to ask for. */
export function drive(
  port: number,
  shape: Shape,
  counters: Counters,
  next: () => Numbers[] | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const batch = new RequestBatch(shape, `127.0.0.1:${port}`);
    const answers = new AnswerReader(counters);
    let sentMs = 0;
    const socket: Socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    const send = () => {
      const numbers = next();
      if (numbers === undefined) {
        socket.end();
        resolve();
        return;
      }
      batch.fill(numbers);
      answers.expect(shape.pipelining);
      sentMs = performance.now();
      socket.write(batch.bytes);
    };
    socket.on('connect', send);
    socket.on('data', (chunk) => {
      if (!answers.read(chunk)) return;
      counters.latenciesMs.push(performance.now() - sentMs);
      send();
    });
    socket.on('error', reject);
    socket.on('close', () => (answers.outstanding > 0 ? reject(new Error('The server hung up')) : resolve()));
  });
}

/** Finds the ends of answers. Both sides of a comparison send a content-length with every one. */
class AnswerReader {
  readonly #counters: Counters;
  #rest = '';
  outstanding = 0;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  expect(count: number): void {
    this.outstanding += count;
  }

  /** True when everything that was expected is there. */
  read(chunk: Buffer): boolean {
    const text = this.#rest + chunk.toString('latin1');
    let from = 0;
    for (;;) {
      const headEnd = text.indexOf('\r\n\r\n', from);
      if (headEnd === -1) break;
      const length = contentLength(text, from, headEnd);
      const end = headEnd + 4 + length;
      if (end > text.length) break;
      this.#counters.requests++;
      if (text.charCodeAt(from + 9) !== 50) this.#counters.failed++;
      this.#counters.bodyBytes = length;
      this.outstanding--;
      from = end;
    }
    this.#rest = from === text.length ? '' : text.slice(from);
    return this.outstanding === 0;
  }
}

const lengthName = /content-length: (\d+)/gi;

function contentLength(text: string, from: number, to: number): number {
  lengthName.lastIndex = from;
  const found = lengthName.exec(text);
  if (found === null || found.index > to) throw new Error('An answer came without a content-length');
  return Number(found[1]);
}
