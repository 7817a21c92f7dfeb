// A server below a path of its host: it answers behind proxies that strip the path and those that do not, and whatever address
// it hands out leads back to it.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFixture } from './doors/device/conformance/fixture.ts';
import { event } from './doors/device/conformance/row.ts';
import { pathRewriter } from './request-path.ts';
import { startTestServer, type TestServer } from './testing/server.ts';

const app_id = 'com.demo.prefix';
const publicUrl = 'https://host.test/live/updates-server';
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ publicUrl });
  await createFixture(server.database.db, app_id, server.orgId);
});
afterAll(() => server.close());

const prefixes = ['', '/', '/live/updates-server', '//live//updates-server/', '/live/updates-server/functions/v1'];

describe.each(prefixes)('asked as %s/…', (prefix) => {
  const ask = (path: string, body?: object) =>
    server.app.inject({
      method: body ? 'POST' : 'GET',
      url: prefix + path,
      headers: { authorization: server.adminKey },
      ...(body && { payload: JSON.stringify(body) }),
    });

  test('devices are answered, with addresses below the prefix', async () => {
    const answer = await ask('/updates', event({ app_id, version_name: '0.9.0' }));
    expect(answer.json()).toMatchObject({ version: '1.0.0' });
    expect(answer.json().url.startsWith(`${publicUrl}/files/`)).toBe(true);
    const { pathname, search } = new URL(answer.json().url);
    // The fixture has no bytes: what counts is that the signature was found and held.
    expect((await ask(pathname.slice('/live/updates-server'.length) + search)).json()).toMatchObject({
      error: 'file_not_found',
    });
    expect((await ask('/stats', event({ app_id, action: 'set' }))).json()).toEqual({ status: 'ok' });
  });

  test('owners are, and errors on /app keep their dialect', async () => {
    expect((await ask('/organization')).statusCode).toBe(200);
    expect((await ask('/app/com.nope.app')).json()).toMatchObject({ error: 'App not found' });
  });

  test('pages and descriptions name nothing at the root of the host', async () => {
    for (const page of ['/docs', '/docs/', '/connect', '/overair-push-example']) {
      const answer = await ask(page);
      expect(answer.statusCode).toBe(200);
      expect(answer.body).not.toMatch(/(href|src|action)="\/|from '\/|import\('\/|fetch\('\/|[^.\w]location\.origin,/);
    }
    expect((await ask('/openapi.json')).json().servers).toEqual([{ url: publicUrl }]);
  });

  test('a query is left alone', async () => {
    const answer = await ask('/updates?next=https://elsewhere.test//a', event({ app_id, version_name: '0.9.0' }));
    expect(answer.json()).toMatchObject({ version: '1.0.0' });
  });
});

test('a prefix that begins like one of our own routes is left to the proxy', () => {
  const rewrite = pathRewriter('https://host.test/app', (segment) => segment === 'app');
  expect(rewrite({ url: '/app/com.demo.app' })).toBe('/app/com.demo.app');
  const other = pathRewriter('https://host.test/apps', (segment) => segment === 'app');
  expect(other({ url: '/apps/app/com.demo.app' })).toBe('/app/com.demo.app');
  expect(other({ url: '/apps-of-others' })).toBe('/apps-of-others');
  expect(other({ url: '/apps?x=1' })).toBe('/?x=1');
});
