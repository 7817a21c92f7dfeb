// A push service under load, in a process of its own: TLS, HTTP/2 and 1.1, reads every message to its end and accepts it.

import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { loopbackCertificate, loopbackKey } from '../../../server/src/testing/loopback-certificate.ts';

const server = createSecureServer({ key: loopbackKey, cert: loopbackCertificate, allowHTTP1: true });
server.on('stream', (stream) => {
  stream.resume();
  stream.on('end', () => stream.respond({ ':status': 201, location: '/m/1' }, { endStream: true }));
});
server.on('request', (request, response) => {
  // HTTP/2 was answered above.
  if (request.httpVersionMajor === 2) return;
  request.resume();
  request.on('end', () => response.writeHead(201, { location: '/m/1' }).end());
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
