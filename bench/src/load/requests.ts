// A batch of requests as one buffer: made once, and only the digits are written anew, so the loader costs next to nothing.

import type { Numbers, Shape } from './shape.ts';

const names: Record<string, keyof Numbers> = { '#': 'device', '@': 'app', '%': 'request' };

interface Hole {
  at: number;
  length: number;
  /** Position of the request within the batch, 0 for the first. */
  request: number;
  of: keyof Numbers;
}

export class RequestBatch {
  readonly bytes: Buffer;
  readonly #holes: Hole[];

  constructor(shape: Shape, host: string) {
    const body = Buffer.from(shape.body);
    const head = Buffer.from(
      `POST ${shape.path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    const one = Buffer.concat([head, body]);
    this.bytes = Buffer.concat(Array.from({ length: shape.pipelining }, () => one));
    const within = [...shape.body.matchAll(/#{4,}|@{4,}|%{4,}/g)];
    this.#holes = Array.from({ length: shape.pipelining }, (_, request) =>
      within.map((match) => ({
        at: request * one.length + head.length + Buffer.byteLength(shape.body.slice(0, match.index)),
        length: match[0].length,
        request,
        of: names[match[0][0]!]!,
      })),
    ).flat();
  }

  fill(numbers: readonly Numbers[]): void {
    for (const { at, length, request, of } of this.#holes) this.#write(at, length, numbers[request]![of]);
  }

  #write(at: number, length: number, value: number): void {
    let rest = value;
    for (let i = at + length - 1; i >= at; i--) {
      this.bytes[i] = 48 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }
}
