// Mozilla's push service for one Firefox: its WebSocket protocol on one side, the RFC 8030 endpoint on the other.

import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { loopbackCertificate, loopbackKey } from '../../server/src/testing/loopback-certificate.ts';

export interface FakeAutopush {
  /** For the pref `dom.push.serverURL`. */
  readonly socketUrl: string;
  readonly ca: string;
  /** Messages that Firefox has acknowledged. */
  readonly acknowledged: string[];
  close(): Promise<void>;
}

type Frame = Record<string, unknown>;

/** Fixed by RFC 6455. */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 0x81;

export async function startFakeAutopush(): Promise<FakeAutopush> {
  const acknowledged: string[] = [];
  const channels = new Map<string, Duplex>();
  const sockets = new Set<Duplex>();
  const endpoints = createTlsServer({ key: loopbackKey, cert: loopbackCertificate }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const channelID = request.url?.slice('/wpush/'.length) ?? '';
    const socket = channels.get(channelID);
    if (!socket || request.headers['content-encoding'] !== 'aes128gcm') return void response.writeHead(404).end();
    const version = randomUUID();
    const data = Buffer.concat(chunks).toString('base64url');
    write(socket, { messageType: 'notification', channelID, version, data, headers: { encoding: 'aes128gcm' } });
    response.writeHead(201, { location: `/m/${version}` }).end();
  });
  const endpointPort = await listen(endpoints);

  const answer = (socket: Duplex, frame: Frame) => {
    const { messageType, channelID } = frame as { messageType?: string; channelID?: string };
    if (messageType === undefined) return write(socket, {});
    if (messageType === 'hello') {
      return write(socket, {
        messageType,
        uaid: randomUUID().replaceAll('-', ''),
        status: 200,
        use_webpush: true,
        broadcasts: {},
      });
    }
    if (messageType === 'register' && channelID) {
      channels.set(channelID, socket);
      const pushEndpoint = `https://localhost:${endpointPort}/wpush/${channelID}`;
      return write(socket, { messageType, channelID, status: 200, pushEndpoint });
    }
    if (messageType === 'unregister' && channelID) {
      channels.delete(channelID);
      return write(socket, { messageType, channelID, status: 200 });
    }
    if (messageType === 'ack')
      for (const { version } of frame.updates as { version: string }[]) acknowledged.push(version);
  };

  const server = createServer();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    sockets.add(socket);
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}${WEBSOCKET_GUID}`)
      .digest('base64');
    const protocol = request.headers['sec-websocket-protocol'];
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n` +
        `${protocol ? `Sec-WebSocket-Protocol: ${protocol}\r\n` : ''}\r\n`,
    );
    socket.on('error', () => socket.destroy());
    readFrames(socket, (frame) => answer(socket, frame));
  });
  const socketPort = await listen(server);
  return {
    socketUrl: `ws://127.0.0.1:${socketPort}/`,
    ca: loopbackCertificate,
    acknowledged,
    async close() {
      for (const socket of sockets) socket.destroy();
      endpoints.closeAllConnections();
      await Promise.all([server, endpoints].map((each) => new Promise((resolve) => each.close(resolve))));
    },
  };
}

async function listen(server: ReturnType<typeof createServer> | ReturnType<typeof createTlsServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A server's frames are not masked. */
function write(socket: Duplex, frame: Frame): void {
  const text = Buffer.from(JSON.stringify(frame));
  const long = text.length > 125;
  const head = Buffer.from(long ? [TEXT, 126, text.length >> 8, text.length & 255] : [TEXT, text.length]);
  socket.write(Buffer.concat([head, text]));
}

/** A client's frames are masked; Firefox sends each message in one frame of less than 64 KiB. */
function readFrames(socket: Duplex, handle: (frame: Frame) => void): void {
  let buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      if (buffer.length < 6) return;
      const short = buffer.readUInt8(1) & 127;
      const start = short === 126 ? 4 : 2;
      if (buffer.length < start + 4) return;
      const length = short === 126 ? buffer.readUInt16BE(2) : short;
      const end = start + 4 + length;
      if (buffer.length < end) return;
      const mask = buffer.subarray(start, start + 4);
      const text = buffer.subarray(start + 4, end).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
      const isText = (buffer.readUInt8(0) & 15) === 1;
      buffer = buffer.subarray(end);
      if (isText) handle(JSON.parse(Buffer.from(text).toString('utf8')) as Frame);
    }
  });
}
