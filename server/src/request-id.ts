// Names requests, so that an answer and its lines in the log can be brought together in a fleet of any size.

import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Nothing that could forge a line of a log. */
const acceptable = /^[\w.:=+/-]{1,128}$/;

/** Takes the name that a proxy gave in `x-request-id` if proxies are trusted at all, else makes one. */
export function requestIds(trustsProxy: boolean): (request: { headers: IncomingHttpHeaders }) => string {
  return ({ headers }) => {
    const given = trustsProxy ? headers['x-request-id'] : undefined;
    return typeof given === 'string' && acceptable.test(given) ? given : randomUUID();
  };
}
