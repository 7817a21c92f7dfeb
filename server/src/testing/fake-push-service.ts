// A push service as browsers use it, on loopback: checks every request as RFC 8030, 8291 and 8292 ask, decrypts, and answers as told.

import { createDecipheriv, createECDH, createPublicKey, type ECDH, hkdfSync, randomBytes, verify } from 'node:crypto';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { loopbackCertificate, loopbackKey } from './loopback-certificate.ts';

interface ReceivedPush {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The decrypted message. */
  readonly text: string;
  readonly receivedAtMs: number;
}

export interface FakeBrowser {
  /** `PushSubscription.toJSON()` */
  readonly subscription: {
    readonly endpoint: string;
    readonly keys: { readonly p256dh: string; readonly auth: string };
  };
  readonly received: ReceivedPush[];
  /** What the service answers for this browser from now on; 201 unless told. */
  answer: { status: number; headers?: Record<string, string>; body?: string };
  /** Answers for the next requests, before `answer` holds again. */
  readonly next: { status: number; headers?: Record<string, string>; body?: string }[];
}

export interface FakePushService {
  readonly origin: string;
  readonly ca: string;
  /** Requests that broke a rule; a test that expects none asserts that it is empty. */
  readonly violations: string[];
  subscribe(): FakeBrowser;
  close(): Promise<void>;
}

interface Subscriber extends FakeBrowser {
  readonly ecdh: ECDH;
  readonly authSecret: Buffer;
}

export async function startFakePushService(): Promise<FakePushService> {
  const subscribers = new Map<string, Subscriber>();
  const violations: string[] = [];
  let origin = '';
  const server = createSecureServer({ key: loopbackKey, cert: loopbackCertificate, allowHTTP1: true });
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('connection', (socket) => sessions.add(socket));
  server.on('request', async (request, response) => {
    const body = await readBody(request);
    const subscriber = subscribers.get(request.url);
    if (!subscriber) return void response.writeHead(404).end();
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    try {
      checkHeaders(headers, origin);
      const text = decrypt(subscriber, body);
      subscriber.received.push({ path: request.url, headers, text, receivedAtMs: Date.now() });
    } catch (error) {
      violations.push(String(error));
      return void response.writeHead(400).end(String(error));
    }
    answerAs(response, subscriber, origin);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    ca: loopbackCertificate,
    violations,
    subscribe() {
      const path = `/push/${randomBytes(16).toString('base64url')}`;
      const subscriber = createSubscriber(`${origin}${path}`);
      subscribers.set(path, subscriber);
      return subscriber;
    },
    async close() {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createSubscriber(endpoint: string): Subscriber {
  const ecdh = createECDH('prime256v1');
  const p256dh = ecdh.generateKeys('base64url');
  const authSecret = randomBytes(16);
  return {
    ecdh,
    authSecret,
    subscription: { endpoint, keys: { p256dh, auth: authSecret.toString('base64url') } },
    received: [],
    answer: { status: 201 },
    next: [],
  };
}

async function readBody(request: Http2ServerRequest): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function answerAs(response: Http2ServerResponse, subscriber: Subscriber, origin: string): void {
  const { status, headers, body = '' } = subscriber.next.shift() ?? subscriber.answer;
  const location = { location: `${origin}/message/${subscriber.received.length}` };
  response.writeHead(status, { ...(status === 201 && location), ...headers }).end(body);
}

function checkHeaders(headers: Readonly<Record<string, string>>, origin: string): void {
  if (!/^\d+$/.test(headers.ttl ?? '')) throw new Error('TTL is missing or no number');
  if (headers['content-encoding'] !== 'aes128gcm') throw new Error('Content-Encoding is not aes128gcm');
  if (headers.topic !== undefined && !/^[\w-]{1,32}$/.test(headers.topic)) throw new Error('Topic is malformed');
  if (!['very-low', 'low', 'normal', 'high'].includes(headers.urgency ?? 'normal'))
    throw new Error('Urgency is unknown');
  checkVapid(headers.authorization ?? '', origin);
}

function checkVapid(authorization: string, origin: string): void {
  const [, token, key] = /^vapid t=([^,]+), k=([\w-]+)$/.exec(authorization) ?? [];
  const [head, claims, signature] = token?.split('.') ?? [];
  if (!head || !claims || !signature || !key) throw new Error('The VAPID header is malformed');
  const point = Buffer.from(key, 'base64url');
  const publicKey = createPublicKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    },
  });
  const signed = Buffer.from(`${head}.${claims}`);
  const holds = verify(
    'sha256',
    signed,
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  if (!holds) throw new Error('The VAPID signature does not verify');
  const { aud, exp, sub } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
  if (aud !== origin) throw new Error(`aud is ${aud}, not ${origin}`);
  const seconds = Date.now() / 1000;
  if (typeof exp !== 'number' || exp < seconds || exp > seconds + 86_400) throw new Error('exp is not within a day');
  if (!/^(mailto:|https:)/.test(String(sub))) throw new Error('sub is no contact');
}

/** The steps of RFC 8291 in reverse, written apart from the sender's. */
function decrypt({ ecdh, authSecret }: Subscriber, body: Buffer): string {
  const salt = body.subarray(0, 16);
  const idLength = body.readUInt8(20);
  const senderKey = body.subarray(21, 21 + idLength);
  const sealed = body.subarray(21 + idLength);
  if (body.length > 4096) throw new Error('The body is larger than 4096 bytes');
  const secret = ecdh.computeSecret(senderKey);
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), ecdh.getPublicKey(), senderKey]);
  const ikm = hkdfSync('sha256', secret, authSecret, info, 32);
  const key = hkdfSync('sha256', Buffer.from(ikm), salt, 'Content-Encoding: aes128gcm\0', 16);
  const nonce = hkdfSync('sha256', Buffer.from(ikm), salt, 'Content-Encoding: nonce\0', 12);
  const decipher = createDecipheriv('aes-128-gcm', Buffer.from(key), Buffer.from(nonce));
  decipher.setAuthTag(sealed.subarray(-16));
  const record = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  const end = record.lastIndexOf(2);
  return record.subarray(0, end).toString('utf8');
}
