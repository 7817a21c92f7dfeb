// A reader that is slow is waited for, one that has stopped is given up: through real sockets.

import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeToReader } from './write-to-reader.ts';

/** More than the system keeps for a connection. */
const much = 'x'.repeat(16 * 1024 * 1024);
const nobodyEnds = new AbortController().signal;
let server: ReturnType<typeof createServer>;
let reader: Socket;
let answer: ServerResponse;

beforeEach(async () => {
  const asked = Promise.withResolvers<ServerResponse>();
  server = createServer((_request, response) => asked.resolve(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  reader = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  reader.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  answer = await asked.promise;
});
afterEach(() => {
  reader.destroy();
  server.closeAllConnections();
  server.close();
});

test('one that reads nothing is given up', async () => {
  await expect(writeToReader(answer, much, nobodyEnds, 50)).rejects.toMatchObject({ name: 'AbortError' });
});

test('one that reads on gets all of it', async () => {
  const written = writeToReader(answer, much, nobodyEnds);
  let bytes = 0;
  reader.on('data', (chunk) => {
    bytes += chunk.length;
  });
  await written;
  answer.end();
  await new Promise((resolve) => reader.on('end', resolve).resume() && server.closeIdleConnections());
  expect(bytes).toBeGreaterThan(much.length);
});

test('a stream that is to end waits for nobody', async () => {
  const end = new AbortController();
  const written = writeToReader(answer, much, end.signal);
  end.abort();
  await expect(written).rejects.toMatchObject({ name: 'AbortError' });
});
