// Every route of every door says who may call it. Those that ask for no credential are named here; all others refuse who
// brings none.

import type { HTTPMethods, RouteOptions } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildApp } from '../app.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';

interface Declared {
  method: HTTPMethods;
  url: string;
  auth: string;
}

let server: TestServer;
const routes: Declared[] = [];
beforeAll(async () => {
  server = await startTestServer({ failedAuthLimit: 0 });
  const note = ({ method, url, config }: RouteOptions) => {
    for (const each of [method].flat()) routes.push({ method: each, url, auth: config!.auth! });
  };
  await (await buildApp(server.parts, note)).close();
});
afterAll(() => server.close());

/** A preflight, a HEAD that Fastify adds to a GET, and the 405 of the mtpush door do nothing. */
const isDeed = ({ method, url }: Declared) => method !== 'OPTIONS' && method !== 'HEAD' && !isRefusal(method, url);
const isRefusal = (method: string, url: string) => url.startsWith('/v4/') && /\*/.test(url) && method !== 'OPTIONS';

test('these ask for no credential, and no others', async () => {
  const open = routes.filter((route) => route.auth === 'anybody' && isDeed(route));
  const answering = [];
  for (const { method, url } of open) {
    // The mtpush door answers a method that a path does not have by itself.
    const { statusCode } = await server.app.inject({ method: method as 'GET', url: addressOf(url), payload: '{}' });
    if (statusCode !== 405) answering.push(`${method} ${url}`);
  }
  expect(answering.sort()).toEqual(
    [
      ...['GET /healthz', 'GET /readyz', 'GET /metrics', 'GET /ok', 'POST /ok', 'POST /ko'],
      // The page for people; everything that it shows it asks the other doors.
      ...['GET /', 'GET /ui', 'GET /ui/*'],
      ...['GET /openapi.json', 'GET /docs', 'GET /connect', 'GET /invitation'],
      // A secret of their own opens these: the code of a login, the token of an invitation.
      ...['POST /connect/device', 'POST /connect/token', 'POST /invitation/accept'],
      // Signing in, and what a secret of its own opens: a password, a code, the first key, an invitation, a provider's word.
      ...['GET /session/options', 'GET /session/callback/:provider', 'POST /session/setup', 'POST /session/recover'],
      ...['email', 'social'].map((way) => `POST /session/sign-in/${way}`),
      ...['begin', 'finish'].map((step) => `POST /session/passkeys/sign-in/${step}`),
      ...['totp', 'recovery-code'].map((code) => `POST /session/two-factor/verify-${code}`),
      ...['show', 'accept'].map((deed) => `POST /session/invitation/${deed}`),
      'POST /session/sign-out',
      // A device is its ids.
      ...['', '/plugin'].flatMap((prefix) => [
        ...[`GET ${prefix}/updates`, `POST ${prefix}/updates`, `POST ${prefix}/updates/manifest_size`],
        ...[`GET ${prefix}/stats`, `POST ${prefix}/stats`],
        ...['GET', 'POST', 'PUT', 'DELETE'].map((method) => `${method} ${prefix}/channel_self`),
      ]),
      ...['GET /overair-push.js', 'GET /overair-push-worker.js', 'GET /overair-push-example'],
      'GET /v4/voices/file/:app_key/:language',
    ].sort(),
  );
});

/** What each kind of caller is answered who brings no credential. */
const refusals: Record<string, readonly number[]> = {
  key: [401],
  'session-or-key': [401],
  session: [401],
  'fresh-session': [401],
  // 404: an upload that nobody began belongs to no app.
  'upload-key': [401, 404],
  'signed-url': [403],
  // The ticket that a backup leaves in the data folder.
  'data-folder': [403],
  app: [401],
  push: [401],
  batch: [401],
  group: [401],
  // The key of an app is public, the registration's secret is not: 21003 and 21004.
  client: [400],
  device: [400],
};

test('all others refuse who brings none', async () => {
  const guarded = routes.filter(({ auth, method }) => auth !== 'anybody' && method !== 'OPTIONS');
  expect(guarded.length).toBeGreaterThan(100);
  const answers = [];
  for (const { method, url, auth } of guarded) {
    const headers = { 'tus-resumable': '1.0.0', 'content-type': 'application/json' };
    const payload = JSON.stringify({ app_id: 'com.example.none', hashes: [] });
    const body = method === 'GET' || method === 'HEAD' ? {} : { payload };
    const { statusCode } = await server.app.inject({ method: method as 'GET', url: addressOf(url), headers, ...body });
    if (!refusals[auth]?.includes(statusCode)) answers.push(`${method} ${url} (${auth}): ${statusCode}`);
  }
  expect(answers).toEqual([]);
});

const addressOf = (url: string) => url.replaceAll(/:\w+/g, '00000000-0000-0000-0000-000000000000').replaceAll('*', 'x');
