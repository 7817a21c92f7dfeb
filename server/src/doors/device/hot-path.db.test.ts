// What stands before Fastify: which requests it takes, and that nobody can tell. That both ways answer all rows of the
// conformance tables alike is shown in conformance.db.test.ts.

import { tracingChannel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { buildApp } from '../../app.ts';
import { openLog } from '../../log.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { createFixture } from './conformance/fixture.ts';
import { ask, event } from './conformance/row.ts';

const app_id = 'com.demo.hot';
let server: TestServer;
let port: number;

beforeAll(async () => {
  server = await startTestServer({ trustProxy: 'loopback' });
  await createFixture(server.database.db, app_id, server.orgId);
  await server.ask({ url: '/healthz' });
  port = portOf(server.app);
});
afterAll(() => server.close());

const portOf = (app: FastifyInstance) => (app.server.address() as { port: number }).port;
const question = JSON.stringify(ask({ app_id, version_name: '0.9.0' }));

/** As Fastify handled them, in this process. */
async function handledByFastify(act: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const channel = tracingChannel('fastify.request.handler');
  const note = () => void count++;
  channel.start.subscribe(note);
  try {
    await act();
  } finally {
    channel.start.unsubscribe(note);
  }
  return count;
}

function open(to = port): Socket & { heard: string } {
  const socket = Object.assign(connect(to, '127.0.0.1'), { heard: '' });
  socket.setEncoding('utf8').on('data', (text) => {
    socket.heard += text;
  });
  return socket;
}

async function until(socket: Socket & { heard: string }, isEnough: (heard: string) => boolean): Promise<string> {
  while (!isEnough(socket.heard)) await once(socket, 'data');
  return socket.heard;
}

const answers = (count: number) => (heard: string) => (heard.match(/HTTP\/1\.1 [2-5]/g) ?? []).length >= count;

/** The bytes of a request. */
function requestOf(path: string, body: string, { method = 'POST', headers = [] as string[], version = '1.1' } = {}) {
  const head = [`${method} ${path} HTTP/${version}`, 'host: x', ...headers];
  return `${[...head, `content-length: ${Buffer.byteLength(body)}`].join('\r\n')}\r\n\r\n${body}`;
}

async function speak(text: string): Promise<string> {
  const socket = open();
  socket.write(text);
  await until(socket, (heard) => heard.includes('\r\n\r\n') && answers(1)(heard));
  socket.end();
  await once(socket, 'close');
  return socket.heard.replace(/^date: .*\r\n/im, '').replace(/^(x-request-id): [\da-f-]{36}$/im, '$1: its own');
}

describe('which requests are taken', () => {
  const json = ['content-type: application/json'];
  test.each([
    ['/updates', requestOf('/updates', question)],
    ['with a slash at the end', requestOf('/updates/', question, { headers: json })],
    [
      'below /plugin',
      requestOf('/plugin/updates', question, { headers: ['Content-Type: application/json; charset=utf-8'] }),
    ],
    ['below /functions/v1', requestOf('/functions/v1/updates', question)],
    ['below both', requestOf('/functions/v1/plugin/updates/', question)],
    ['of HTTP/1.0', requestOf('/updates', question, { version: '1.0' })],
    ['wrong ones', requestOf('/updates', '{"app_id":')],
    ['/stats', requestOf('/stats', JSON.stringify(event({ app_id })))],
    ['PUT /channel_self', requestOf('/channel_self', question, { method: 'PUT' })],
  ])('taken: %s', async (_name, bytes) => {
    expect(await handledByFastify(() => speak(bytes))).toBe(0);
  });

  const chunked = `${Buffer.byteLength(question).toString(16)}\r\n${question}\r\n0\r\n\r\n`;
  test.each([
    ['a query', requestOf('/updates?x=1', question)],
    ['two slashes', requestOf('//updates', question)],
    ['another case', requestOf('/Updates', question)],
    ['a path that is encoded', requestOf('/%75pdates', question)],
    ['a body in chunks', `POST /updates HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${chunked}`],
    ['no body', requestOf('/updates', '')],
    ['a body beyond the limit', requestOf('/updates', `"${'x'.repeat(65_535)}"`)],
    ['another type', requestOf('/updates', question, { headers: ['content-type: text/plain'] })],
    ['a type that cannot be read', requestOf('/updates', question, { headers: ['content-type: ;;;'] })],
    ['another method', requestOf('/updates', '', { method: 'GET' })],
    ['HEAD', 'HEAD /updates HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['OPTIONS', 'OPTIONS /updates HTTP/1.1\r\nhost: x\r\n\r\n'],
  ])('left to Fastify: %s', async (_name, bytes) => {
    const heard = await speak(bytes);
    expect(heard).toMatch(/^HTTP\/1\.1 [24]\d\d /);
    expect(heard).toContain('x-content-type-options: nosniff');
  });
});

describe('nobody can tell', () => {
  test.each([
    ['an answer', question],
    ['a refusal', JSON.stringify(ask({ app_id, version_name: '1.0.0' }))],
    ['an app that is not there', JSON.stringify(ask({ app_id: 'com.demo.nobody' }))],
    ['an error', '{'],
    ['a missing field', '{"app_id":"x"}'],
    ['a prototype', `{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},${question.slice(1)}`],
    ['words of many bytes', JSON.stringify(ask({ app_id, version_build: 'ä€😀' }))],
  ])('%s: the same bytes on the wire, in the same order', async (_name, body) => {
    const handled = (path: string) => handledByFastify(async () => heard.push(await speak(requestOf(path, body))));
    const heard: string[] = [];
    expect([await handled('/updates'), await handled('//updates')]).toEqual([0, 1]);
    expect(heard[0]).toBe(heard[1]);
    expect('polluted' in {}).toBe(false);
  });

  test('what needs time is answered in its turn, on a connection that stays open', async () => {
    const socket = open();
    const stats = requestOf('/stats', JSON.stringify(event({ app_id, action: 'app_moved_to_foreground' })));
    socket.write(
      stats + requestOf('/updates', question) + requestOf('//updates', question) + requestOf('/updates', '{'),
    );
    const heard = await until(socket, answers(4));
    expect([...heard.matchAll(/HTTP\/1\.1 (\d+)/g)].map((each) => each[1])).toEqual(['200', '200', '200', '400']);
    expect(heard.indexOf('{"status":"ok"}')).toBeLessThan(heard.indexOf('"version":"1.0.0"'));
    expect(heard.match(/^connection: keep-alive/gim)).toHaveLength(4);
    socket.destroy();
  });

  test('a client that asks before it sends its body is told to', async () => {
    const socket = open();
    const bytes = requestOf('/updates', question, { headers: ['expect: 100-continue'] });
    socket.write(bytes.slice(0, -question.length));
    expect(await until(socket, (heard) => heard.includes('\r\n\r\n'))).toMatch(/^HTTP\/1\.1 100 Continue/);
    socket.write(question);
    expect(await until(socket, answers(1))).toContain('HTTP/1.1 200 OK');
    socket.destroy();
  });

  test('a body in pieces that cut a character in two', async () => {
    const bytes = Buffer.from(requestOf('/updates', JSON.stringify(ask({ app_id, version_build: 'é' }))));
    const cut = bytes.lastIndexOf(Buffer.from('é')) + 1;
    const socket = open();
    socket.setNoDelay(true);
    await new Promise((done) => socket.write(bytes.subarray(0, cut), done));
    socket.write(bytes.subarray(cut));
    expect(await until(socket, answers(1))).toContain('Native version: é ');
    socket.destroy();
  });

  test('the address behind a trusted proxy is the device', async () => {
    const answer = await server.ask({
      method: 'POST',
      url: '/updates',
      headers: { 'x-forwarded-for': '198.51.100.7, 17.1.2.3' },
      payload: question,
    });
    expect(answer.json()).toMatchObject({ error: 'provider_infrastructure_request_blocked', provider: 'apple' });
  });
});

test('a question that breaks off is answered to nobody and counted nowhere', async () => {
  const device_id = '0b0b0b0b-0000-4000-8000-000000000000';
  const bytes = requestOf('/updates', JSON.stringify(ask({ app_id, device_id })));
  const socket = open();
  await new Promise((done) => socket.write(bytes.slice(0, -1), done));
  const closed = once(socket, 'close');
  socket.destroy();
  await closed;
  await speak(requestOf('/updates', question));
  await server.parts.sightings.flush();
  const { rows } = await server.database.query('select 1 from devices where device_id = $1', [device_id]);
  expect(rows).toEqual([]);
});

test('what nobody expected: a constant text, and a line in the log by the name that the proxy gave', async () => {
  const lines: string[] = [];
  const log = openLog('error', false, { to: { write: (line) => void lines.push(line) } });
  const broken = await startTestServer({ trustProxy: 'loopback' });
  onTestFinished(() => broken.close());
  await broken.database.query('drop table apps cascade');
  const app = await buildApp({ ...broken.parts, log });
  onTestFinished(() => app.close());
  await app.listen({ port: 0, host: '127.0.0.1' });
  const socket = open(portOf(app));
  socket.write(requestOf('/updates', question, { headers: ['x-request-id: proxy-17'] }));
  const heard = await until(socket, answers(1));
  expect(heard).toMatch(/^HTTP\/1\.1 500 /);
  expect(heard).toContain('{"error":"unknown_error","message":"Unknown error","moreInfo":{}}');
  expect(JSON.parse(lines.join(''))).toMatchObject({ msg: 'a device could not be answered', reqId: 'proxy-17' });
  socket.destroy();
});

test('a server that stops answers what is under way, and ends the connection with it', async () => {
  const app = await buildApp(server.parts);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const [halfway, later] = [open(portOf(app)), open(portOf(app))];
  const bytes = requestOf('/updates', question);
  // Both connections have been used, and one is in the middle of a request.
  for (const socket of [halfway, later]) {
    socket.write(bytes);
    await until(socket, answers(1));
  }
  const arrived = once(app.server, 'request');
  halfway.write(bytes.slice(0, -10));
  await arrived;
  const closed = app.close();
  const ended = once(halfway, 'close');
  halfway.write(bytes.slice(-10));
  const heard = await until(halfway, answers(2));
  expect(heard).toMatch(/^connection: close/im);
  await Promise.all([ended, closed]);
});
