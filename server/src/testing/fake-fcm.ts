// Google's token server and FCM's HTTP v1 API on loopback: checks assertions, bearers and messages, and answers as told.

import { generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { loopbackCertificate, loopbackKey } from './loopback-certificate.ts';

interface FcmRequest {
  readonly bearer: string;
  readonly message: Record<string, unknown> & { token: string };
}

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Record<string, string>;
}

export interface FakeFcm {
  /** What the owner would upload, with this server's addresses. */
  readonly credential: Record<string, unknown>;
  readonly requests: FcmRequest[];
  /** How many access tokens were handed out. */
  readonly tokens: { issued: number };
  /** Tokens of devices that get something else than success. */
  readonly answers: Map<string, Answer>;
  /** Answers to messages wait until what it returns is called. */
  hold(): () => void;
  /** Makes every access token handed out so far invalid. */
  expireTokens(): void;
  close(): Promise<void>;
}

export const fcmError = (status: number, name: string, errorCode: string, message = name): Answer => ({
  status,
  body: {
    error: {
      code: status,
      message,
      status: name,
      details: [{ '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode }],
    },
  },
});

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

export async function startFakeFcm(): Promise<FakeFcm> {
  const requests: FcmRequest[] = [];
  const answers = new Map<string, Answer>();
  const tokens = { issued: 0 };
  let validFrom = 1;
  let origin = '';
  let held = Promise.resolve();
  const server = createServer({ key: loopbackKey, cert: loopbackCertificate }, async (request, response) => {
    const body = await readText(request);
    if (request.url === '/token') respond(response, issueToken(body));
    else if (request.url === '/v1/projects/demo/messages:send')
      await held.then(respond.bind(null, response, send(request, body)));
    else respond(response, { status: 404, body: {} });
  });

  function issueToken(body: string): Answer {
    const assertion = new URLSearchParams(body).get('assertion') ?? '';
    const wrong = refuseAssertion(assertion, publicKey, `${origin}/token`);
    if (wrong) return { status: 400, body: { error: 'invalid_grant', error_description: wrong } };
    tokens.issued += 1;
    const access_token = `token-${tokens.issued}`;
    return { status: 200, body: { access_token, expires_in: 3599, token_type: 'Bearer' } };
  }

  function send(request: IncomingMessage, body: string): Answer {
    const bearer = /^Bearer token-(\d+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (!bearer || Number(bearer) < validFrom || Number(bearer) > tokens.issued) {
      const error = { code: 401, message: 'Request had invalid authentication credentials', status: 'UNAUTHENTICATED' };
      return { status: 401, body: { error } };
    }
    const { message } = JSON.parse(body) as { message: FcmRequest['message'] };
    const wrong = refuseMessage(message);
    if (wrong) return fcmError(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', wrong);
    requests.push({ bearer, message });
    return answers.get(message.token) ?? { status: 200, body: { name: `projects/demo/messages/${requests.length}` } };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  return {
    credential: {
      service_account: {
        project_id: 'demo',
        client_email: 'push@demo.iam.gserviceaccount.com',
        private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
        private_key_id: 'k1',
        token_uri: `${origin}/token`,
      },
      base_url: origin,
      ca: loopbackCertificate,
    },
    requests,
    tokens,
    answers,
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    expireTokens() {
      validFrom = tokens.issued + 1;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

function respond(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function refuseAssertion(assertion: string, key: KeyObject, audience: string): string | undefined {
  const [head, claims, signature] = assertion.split('.');
  if (!head || !claims || !signature) return 'no JWT';
  const signed = Buffer.from(`${head}.${claims}`);
  if (!verify('sha256', signed, key, Buffer.from(signature, 'base64url'))) {
    return 'bad signature';
  }
  const { aud, scope, exp, iat } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
  if (aud !== audience) return 'bad audience';
  if (scope !== 'https://www.googleapis.com/auth/firebase.messaging') return 'bad scope';
  return Number(exp) - Number(iat) > 3600 ? 'too long' : undefined;
}

/** Google refuses what its schema does not know; these are the rules that callers break most. */
function refuseMessage(message: FcmRequest['message']): string | undefined {
  if (typeof message.token !== 'string') return 'message.token is missing';
  const data = Object.entries((message.data ?? {}) as Record<string, unknown>);
  if (data.some(([, value]) => typeof value !== 'string')) return 'message.data holds something else than strings';
  if (data.some(([name]) => /^(from|message_type)$|^(google|gcm)\./.test(name)))
    return 'message.data has a reserved key';
  const known = ['token', 'notification', 'data', 'android', 'apns', 'webpush', 'fcm_options'];
  return Object.keys(message).find((key) => !known.includes(key));
}
