// Absurd pages of every list: an empty page, or a clear refusal, never a failure and never the first page again.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { APP, buildFixture, keyValue, type Names } from './testing/fixture.ts';

let server: TestServer;
let names: Names;
beforeAll(async () => {
  server = await startTestServer();
  names = await buildFixture(server.database.db);
});
afterAll(() => server.close());

const lists: [path: string, rows: (body: ReturnType<typeof JSON.parse>) => unknown[]][] = [
  ['/app', ({ data }) => data],
  [`/bundle?app_id=${APP}`, (body) => (Array.isArray(body) ? body : [])],
  [`/channel?app_id=${APP}`, (body) => body],
  ['/organization', (body) => body],
  ['/organization/members?orgId={ORG_A}', (body) => body],
  ['/organization/audit?orgId={ORG_A}', ({ data }) => data],
  ['/apikey', (body) => body],
  ['/webhooks?orgId={ORG_A}', (body) => body],
  [
    '/webhooks/deliveries?orgId={ORG_A}&webhookId=00000000-0000-4000-8000-000000000000',
    ({ deliveries = [] }) => deliveries,
  ],
];
const pages = ['1', '10000001', '9007199254740991', '9007199254740993', '99999999999999999999', '9'.repeat(400)];

test.each(lists.flatMap(([path, rows]) => pages.map((page) => ({ path, rows, page }))))(
  'page $page of $path',
  async ({ path, rows, page }) => {
    const url = `${path}${path.includes('?') ? '&' : '?'}page=${page}`.replace('{ORG_A}', String(names['ORG_A']));
    const answer = await server.app.inject({ url, headers: { authorization: keyValue('ALL') } });
    expect([200, 400]).toContain(answer.statusCode);
    if (answer.statusCode === 200) expect(rows(answer.json())).toEqual([]);
  },
);
