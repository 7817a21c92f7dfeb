// The client against a small server of the test's own: what goes over the wire, and what becomes of every kind of answer.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiError, createClient, NetworkError } from './client.ts';

interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

let server: Server;
let seen: Seen[];
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  seen = [];
  answer = (response) => response.end('{"status":"ok"}');
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method, url, headers } = request;
    seen.push({ method, url, headers, body: Buffer.concat(chunks) });
    answer(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const client = () => createClient({ server: `${origin()}/`, apiKey: 'the key', userAgent: 'test/1' });

test('keys, queries and bodies go where the server looks for them', async () => {
  await client().bundles.list({ app_id: 'com.a.b', page: 2 });
  await client().channels.save({ app_id: 'com.a.b', channel: 'beta', rolloutVersion: null });
  expect(seen).toMatchObject([
    {
      method: 'GET',
      url: '/bundle?app_id=com.a.b&page=2',
      headers: { 'x-api-key': 'the key', 'user-agent': 'test/1' },
    },
    { method: 'POST', url: '/channel', headers: { 'content-type': 'application/json' } },
  ]);
  expect(JSON.parse(seen[1]!.body.toString())).toEqual({ app_id: 'com.a.b', channel: 'beta', rolloutVersion: null });
});

test('names in paths are escaped', async () => {
  await client().apps.get('a/../b?c');
  expect(seen[0]?.url).toBe('/app/a%2F..%2Fb%3Fc');
});

test.each([
  [
    'a route of the door',
    400,
    '{"error":"cannot_find_channel","message":"Cannot find channel","moreInfo":{"a":1},"status":"KO"}',
    'cannot_find_channel',
    'Cannot find channel',
    { a: 1 },
  ],
  [
    '/app, where error is a sentence',
    404,
    '{"error":"App not found","status":"KO","code":"cannot_find_app","message":"Cannot find app","moreInfo":{}}',
    'cannot_find_app',
    'Cannot find app',
    {},
  ],
  [
    'a proxy',
    502,
    '<html>Bad gateway</html>',
    'unexpected_answer',
    'The server answered 502 with a body that is not its own',
    {},
  ],
  [
    'something that is not JSON but 200',
    200,
    'hello',
    'unexpected_answer',
    'The server answered 200 with a body that is not its own',
    {},
  ],
])('an error of %s', async (_who, status, body, code, message, moreInfo) => {
  answer = (response) => response.writeHead(status).end(body);
  const error = await client()
    .channels.get('com.a.b', 'x')
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status, code, message, moreInfo });
});

test('no bundles are no error', async () => {
  answer = (response) =>
    response
      .writeHead(400)
      .end('{"error":"cannot_get_bundle","message":"Cannot get bundle","moreInfo":{},"status":"KO"}');
  expect(await client().bundles.list({ app_id: 'com.a.b' })).toEqual([]);
  answer = (response) =>
    response
      .writeHead(400)
      .end(`{"error":"cannot_get_bundle","message":"You can't access this app","moreInfo":{},"status":"KO"}`);
  await expect(client().bundles.list({ app_id: 'com.a.b' })).rejects.toThrow("You can't access this app");
});

test('a server that is not there, or goes away, is a network error', async () => {
  const gone = origin();
  answer = (response) => response.destroy();
  await expect(client().apps.list()).rejects.toBeInstanceOf(NetworkError);
  server.close();
  server.closeAllConnections();
  await expect(createClient({ server: gone, apiKey: 'k' }).apps.list()).rejects.toThrow(`No answer from ${gone}`);
});

test('an upload streams with its length and tells how far it came', async () => {
  const bytes = Buffer.alloc(300_000, 7);
  const progress: number[] = [];
  async function* body() {
    for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
  }
  const upload = { app_id: 'com.a.b', kind: 'zip', sha256: 'ff', size: bytes.length } as const;
  await client().files.upload({ ...upload, body: body(), onProgress: (sent) => progress.push(sent) });
  await client().files.upload({ ...upload, body: bytes });
  expect(progress).toEqual([100_000, 200_000, 300_000]);
  for (const request of seen) {
    expect(request).toMatchObject({
      method: 'PUT',
      url: '/files/upload?app_id=com.a.b&kind=zip&sha256=ff',
      headers: { 'content-length': '300000' },
    });
    expect(request.body.equals(bytes)).toBe(true);
  }
});
