// The hot path: what phones ask all day is answered before Fastify sees it (docs/decisions/0010-hot-path.md).
// A request that is not plainly one of these falls through to Fastify, whose routes call the same functions.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Distribution } from '../../metrics.ts';
import { REQUEST_ID_HEADER, requestIds } from '../../request-id.ts';
import { FUNCTIONS_PREFIX } from '../../request-path.ts';
import { securityHeaders } from '../../security-headers.ts';
import type { Parts } from '../../wiring.ts';
import { type FailureLog, failureOf } from './errors.ts';
import { type Call, type DeviceRoute, JSON_TYPE, prefixes, print } from './route.ts';

interface Served extends Pick<Parts, 'forwarded' | 'metrics'> {
  readonly failures: FailureLog;
}

/** Fastify refuses types that it cannot read, and looks further into the rest; phones send one of these. */
const plainType = /^application\/json(; ?charset=utf-8)?$/i;

const commonHeaders: readonly string[] = Object.entries(securityHeaders).flat();

/** Puts the routes that take a body in front of the server's Fastify. */
export function answerAhead(
  scope: FastifyInstance,
  routes: readonly DeviceRoute[],
  { forwarded, failures, metrics }: Served,
): void {
  const find = finder(routes);
  const requestId = requestIds(forwarded.trust);
  let isClosing = false;
  scope.addHook('preClose', async () => {
    isClosing = true;
  });
  const { server } = scope;
  const [fastify] = server.listeners('request') as [RequestListener];
  server.removeListener('request', fastify);
  server.on('request', (request, response) => {
    // A server that stops ends its connections with their answers, which Fastify sees to.
    const route = isClosing ? undefined : find(request);
    if (route === undefined) return void fastify.call(server, request, response);
    const sinceMs = performance.now();
    forwarded.look(request);
    const id = requestId(request);
    collect(request, (body) => {
      const call: Call = { body, query: {}, ip: forwarded.addressOf(request), id: () => id };
      answer(route, call, (status, text, headers) => {
        if (isClosing) response.shouldKeepAlive = false;
        send(response, status, text, [REQUEST_ID_HEADER, id, ...headers]);
        timeOf(route, status).observe((performance.now() - sinceMs) / 1000);
      });
    });
  });

  const times = new Map(routes.map((route) => [route, new Map<number, Distribution>()]));

  /** Looked up by what is at hand: to put the names together costs more than to count. */
  function timeOf(route: DeviceRoute, status: number): Distribution {
    const known = times.get(route)!.get(status);
    if (known !== undefined) return known;
    const time = metrics.requests.of('device', `${route.method} ${route.url}`, String(status));
    times.get(route)!.set(status, time);
    return time;
  }

  type Send = (status: number, text: string, headers: readonly string[]) => void;

  /** Without a promise where there is none to wait for: what is in memory is sent in the turn in which it was asked. */
  function answer(route: DeviceRoute, call: Call, sendNow: Send): void {
    const fail = (error: unknown) => {
      const { status, headers, body } = failureOf(error, failures, call.id);
      sendNow(status, print(body), Object.entries(headers).flat());
    };
    try {
      const given = route.run(call);
      if (given instanceof Promise) given.then((late) => sendNow(200, print(late), [])).catch(fail);
      else sendNow(200, print(given), []);
    } catch (error) {
      fail(error);
    }
  }
}

/** Finds the route of a request whose whole answer is known here: no query, a plain body, of a length that is allowed. */
function finder(routes: readonly DeviceRoute[]): (request: IncomingMessage) => DeviceRoute | undefined {
  const byPath = new Map<string | undefined, Map<string | undefined, DeviceRoute>>();
  for (const route of routes.filter(({ maxBodyBytes }) => maxBodyBytes !== undefined)) {
    for (const prefix of prefixes.flatMap((each) => [each, FUNCTIONS_PREFIX + each])) {
      for (const path of [prefix + route.url, `${prefix + route.url}/`]) {
        const methods = byPath.get(path) ?? new Map();
        byPath.set(path, methods.set(route.method, route));
      }
    }
  }
  return ({ url, method, headers }) => {
    const route = byPath.get(url)?.get(method);
    if (route === undefined) return undefined;
    const type = headers['content-type'];
    const length = Number(headers['content-length']);
    const isPlain = length > 0 && length <= route.maxBodyBytes! && (type === undefined || plainType.test(type));
    return isPlain ? route : undefined;
  };
}

/** Node ends a body where `content-length` says; one that breaks off before has no end, and nobody waits for its answer. */
function collect(request: IncomingMessage, use: (body: string) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => use((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString()));
}

/** A text and not bytes: head and body then leave in one piece. */
function send(response: ServerResponse, status: number, text: string, more: readonly string[]): void {
  const length = String(Buffer.byteLength(text));
  response.writeHead(status, [...commonHeaders, ...more, 'content-type', JSON_TYPE, 'content-length', length]);
  response.end(text);
}
