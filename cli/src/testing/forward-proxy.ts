// A forward proxy on loopback, as companies have one: every host it is asked for is one port of this machine.

import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { onTestFinished } from 'vitest';

interface ForwardProxy {
  url: string;
  /** `host:port` of each tunnel that was asked for. */
  asked: string[];
}

/** Ends with the test. `password` in the form `user:word`. */
export async function startForwardProxy(targetPort: number, password?: string): Promise<ForwardProxy> {
  const asked: string[] = [];
  const expected = password && `Basic ${Buffer.from(password).toString('base64')}`;
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on('connect', (request: IncomingMessage, client) => {
    asked.push(String(request.url));
    client.on('error', () => {});
    if (expected && request.headers['proxy-authorization'] !== expected) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const target = connect(targetPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    target.on('error', () => client.destroy());
    onTestFinished(() => {
      target.destroy();
      client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
