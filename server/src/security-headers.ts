// Headers that every answer of every door carries: its name, and that it is not guessed to be another type, framed, or allowed
// to load anything.

import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { REQUEST_ID_HEADER } from './request-id.ts';

/** Pages that need more than nothing name it in a policy of their own. */
export const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

/**
 * Before anything else of a request, so that errors and unknown paths have them too. One hook with a callback: a promise,
 * or a hook after the answer is made, would cost phones' questions more.
 */
export function addCommonHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(securityHeaders).header(REQUEST_ID_HEADER, request.id);
    done();
  });
}

/** For answers that are written to the socket because there is no request that could be read. */
export function rawAnswer(status: string, body: object): string {
  const text = JSON.stringify(body);
  const headers = {
    ...securityHeaders,
    [REQUEST_ID_HEADER]: randomUUID(),
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `HTTP/1.1 ${status}\r\n${lines.join('\r\n')}\r\n\r\n${text}`;
}
