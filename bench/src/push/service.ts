// A push service under load, in a process of its own: TLS, HTTP/2 and 1.1, reads every message to its end and accepts it.

import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { loopbackCertificate, loopbackKey } from '../../../server/src/testing/loopback-certificate.ts';

/** Asks to be told when so many more messages came to paths that begin like this. */
export interface Expectation {
  readonly path: string;
  readonly count: number;
}

let expected: Expectation = { path: '/', count: 0 };
let missing = 0;

process.on('message', (expectation: Expectation) => {
  expected = expectation;
  missing = expectation.count;
});

function note(path: string | undefined): void {
  if (missing === 0 || !path?.startsWith(expected.path)) return;
  missing -= 1;
  if (missing === 0) process.send?.({ arrived: expected.count });
}

const server = createSecureServer({ key: loopbackKey, cert: loopbackCertificate, allowHTTP1: true });
server.on('stream', (stream, headers) => {
  stream.resume();
  stream.on('end', () => {
    stream.respond({ ':status': 201, location: '/m/1' }, { endStream: true });
    note(headers[':path']);
  });
});
server.on('request', (request, response) => {
  // HTTP/2 was answered above.
  if (request.httpVersionMajor === 2) return;
  request.resume();
  request.on('end', () => {
    response.writeHead(201, { location: '/m/1' }).end();
    note(request.url);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
