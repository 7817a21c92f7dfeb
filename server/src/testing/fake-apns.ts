// Apple's push service on loopback: HTTP/2 only, checks provider tokens and headers, and answers as told.

import { generateKeyPairSync, verify } from 'node:crypto';
import { createSecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { loopbackCertificate, loopbackKey } from './loopback-certificate.ts';

interface ApnsReceived {
  readonly token: string;
  readonly providerToken: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Record<string, unknown> & { aps?: Record<string, unknown> };
}

export interface FakeApns {
  readonly credential: Record<string, unknown>;
  readonly requests: ApnsReceived[];
  /** Device tokens that get something else than success. */
  readonly answers: Map<string, { status: number; reason: string; timestamp?: number }>;
  /** Connections opened so far. */
  readonly connections: { opened: number };
  /** Tells every connection to go away, as Apple does before maintenance. */
  goAway(): void;
  close(): Promise<void>;
}

const KEY_ID = 'ABC1234567';
const TEAM_ID = 'TEAM123456';
const PUSH_TYPES = ['alert', 'background', 'voip', 'liveactivity'];
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

export async function startFakeApns(): Promise<FakeApns> {
  const requests: ApnsReceived[] = [];
  const answers: FakeApns['answers'] = new Map();
  const connections = { opened: 0 };
  const sessions = new Set<ServerHttp2Session>();
  const server = createSecureServer({ key: loopbackKey, cert: loopbackCertificate });
  server.on('session', (session) => {
    connections.opened += 1;
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => {
    let body = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      body += chunk;
    });
    stream.on('end', () => {
      const fields = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
      const token = /^\/3\/device\/([0-9a-f]+)$/i.exec(fields[':path'] ?? '')?.[1] ?? '';
      const refusal = refuse(fields, body) ?? answers.get(token);
      if (!refuse(fields, body)) {
        const providerToken = (fields.authorization ?? '').slice('bearer '.length);
        requests.push({ token, providerToken, headers: fields, payload: JSON.parse(body) });
      }
      stream.respond({ ':status': refusal?.status ?? 200, 'apns-id': fields['apns-id'] });
      if (!refusal) return stream.end();
      const { reason, timestamp } = refusal as { reason: string; timestamp?: number };
      stream.end(JSON.stringify({ reason, ...(timestamp && { timestamp }) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  return {
    credential: {
      p8: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      key_id: KEY_ID,
      team_id: TEAM_ID,
      bundle_id: 'com.example.app',
      production_url: url,
      sandbox_url: url,
      ca: loopbackCertificate,
    },
    requests,
    answers,
    connections,
    goAway() {
      for (const session of sessions) session.goaway();
    },
    async close() {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refuse(headers: Record<string, string>, body: string): { status: number; reason: string } | undefined {
  if (headers[':method'] !== 'POST') return { status: 405, reason: 'MethodNotAllowed' };
  const auth = refuseToken(headers.authorization ?? '');
  if (auth) return { status: 403, reason: auth };
  if (!headers['apns-topic']) return { status: 400, reason: 'MissingTopic' };
  if (!PUSH_TYPES.includes(headers['apns-push-type'] ?? '')) return { status: 400, reason: 'InvalidPushType' };
  const background = headers['apns-push-type'] === 'background';
  if (background && headers['apns-priority'] !== '5') return { status: 400, reason: 'BadPriority' };
  if (Buffer.byteLength(headers['apns-collapse-id'] ?? '') > 64) return { status: 400, reason: 'BadCollapseId' };
  if (body === '') return { status: 400, reason: 'PayloadEmpty' };
  const limit = headers['apns-push-type'] === 'voip' ? 5120 : 4096;
  return Buffer.byteLength(body) > limit ? { status: 413, reason: 'PayloadTooLarge' } : undefined;
}

function refuseToken(authorization: string): string | undefined {
  const [head, claims, signature] = authorization.replace(/^bearer /, '').split('.');
  if (!head || !claims || !signature) return 'MissingProviderToken';
  const signed = Buffer.from(`${head}.${claims}`);
  const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
  if (!verify('sha256', signed, key, Buffer.from(signature, 'base64url'))) return 'InvalidProviderToken';
  const { alg, kid } = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>;
  const { iss, iat } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
  if (alg !== 'ES256' || kid !== KEY_ID || iss !== TEAM_ID) return 'InvalidProviderToken';
  return Date.now() / 1000 - Number(iat) > 3600 ? 'ExpiredProviderToken' : undefined;
}
