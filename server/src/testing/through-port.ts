// Asks a test's server over HTTP, as clients do: `inject` enters behind what stands before Fastify.

import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** The part of what `inject` takes that a client can say too. */
export interface Asked {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, and says so. */
  payload?: string | Buffer | object;
}

/** The part of what `inject` gives back that a client sees. */
export interface Heard {
  statusCode: number;
  headers: IncomingHttpHeaders;
  /** Names and values in turn, as they arrived. */
  rawHeaders: string[];
  body: string;
  // biome-ignore lint/suspicious/noExplicitAny: as `inject` has it
  json(): any;
}

/** Listens on a free port of its own at the first question; its connections are kept open, and end with the application. */
export function throughPort(app: FastifyInstance): (asked: Asked) => Promise<Heard> {
  const agent = new Agent({ keepAlive: true });
  let listening: Promise<number> | undefined;
  const listen = async () => {
    await app.listen({ port: 0, host: '127.0.0.1' });
    return (app.server.address() as AddressInfo).port;
  };
  return async (asked) => {
    listening ??= listen();
    return send(await listening, agent, asked);
  };
}

function send(port: number, agent: Agent, asked: Asked): Promise<Heard> {
  const { method = 'GET', url, query, headers = {}, payload } = asked;
  const isObject = typeof payload === 'object' && !Buffer.isBuffer(payload);
  const body = isObject ? JSON.stringify(payload) : payload;
  const own = {
    ...(isObject && { 'content-type': 'application/json' }),
    // Node adds it for some methods alone.
    ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
  };
  const path = query === undefined ? url : `${url}?${new URLSearchParams(query)}`;
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', agent, method, path, headers: { ...own, ...headers } };
    const asking = request(options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const { statusCode = 0, headers: heard, rawHeaders } = answer;
        resolve({ statusCode, headers: heard, rawHeaders, body: text, json: () => JSON.parse(text) });
      });
    });
    asking.on('error', reject);
    asking.end(body);
  });
}
