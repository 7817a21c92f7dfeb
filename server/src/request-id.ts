// Names requests, so that an answer and its lines in the log can be brought together in a fleet of any size.

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const REQUEST_ID_HEADER = 'x-request-id';

/** Nothing that could forge a line of a log. */
const acceptable = /^[\w.:=+/-]{1,128}$/;

/** Takes the name that a trusted proxy gave in `x-request-id`, else makes one. */
export function requestIds(trust: (address: string, hop: number) => boolean): (request: IncomingMessage) => string {
  return ({ headers, socket }) => {
    const given = headers[REQUEST_ID_HEADER];
    const isTaken = typeof given === 'string' && acceptable.test(given) && trust(socket.remoteAddress ?? '', 0);
    return isTaken ? given : randomUUID();
  };
}
