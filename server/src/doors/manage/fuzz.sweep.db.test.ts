// What the API description allows and what it does not, thrown at every route: no 5xx, no slow answer, always the error's shape.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { buildFixture, keyValue, type Names } from './testing/fixture.ts';

interface Schema {
  type?: string | string[];
  enum?: unknown[];
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
}

interface Operation {
  route: string;
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  fields: Record<string, Schema>;
}

interface Described {
  parameters?: { name: string; in: string; schema: Schema }[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
}

const SLOW_MS = 5_000;
const runs = 25;

let server: TestServer;
let names: Names;

beforeAll(async () => {
  server = await startTestServer({ apiKeyRateLimit: 0, failedAuthLimit: 0, deviceRateLimit: 0 });
  names = await buildFixture(server.database.db);
});
afterAll(() => server.close());

/** Read before the tests are listed, from a server of its own: tests are named by what the description has. */
const operations = await describedOperations();

async function describedOperations(): Promise<Operation[]> {
  const described = await startTestServer();
  const { paths } = (await described.app.inject('/openapi.json')).json() as {
    paths: Record<string, Record<string, Described>>;
  };
  await described.close();
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      route: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase() as Operation['method'],
      path,
      fields: {
        ...Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])),
        ...requestBody?.content['application/json'].schema.properties,
      },
    })),
  );
}

const nasty = [
  '',
  ' ',
  '\0',
  '\ud800',
  'ﷺ'.repeat(50),
  '👩‍👩‍👧‍👦',
  "'; drop table apps; --",
  "' or '1'='1",
  '<script>alert(1)</script>',
  '../../../../etc/passwd',
  '%00%2e%2e%2f',
  '{{7*7}}',
  '__proto__',
  'constructor',
  '1e309',
  '-1',
  '9223372036854775808',
  '2147483648',
  'null',
  'true',
  '2024-02-31T25:61:61Z',
  '+275760-09-13T00:00:00.001Z',
  'a.'.repeat(2_000),
  'x'.repeat(100_000),
];

const known = () => [
  names['APP'],
  'com.other.app',
  names['ORG_A'],
  names['ORG_B'],
  names['U1'],
  names['V1'],
  names['C1'],
  'production',
  'beta',
  '1.0.0',
  '2024-01-01',
  'u3@example.test',
];

const anything = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, -1, 2 ** 31, 2 ** 53, 1e308),
  fc.boolean(),
  fc.constant(null),
  fc.anything({ maxDepth: 3, withNullPrototype: false }),
  fc.constantFrom(
    [[[[[[]]]]]],
    { a: { b: { c: {} } } },
    Array.from({ length: 1_000 }, () => 1),
  ),
);

/** Mostly plausible, so that the deeper layers meet the rest. */
function valueFor(schema: Schema): fc.Arbitrary<unknown> {
  const choices: fc.Arbitrary<unknown>[] = [];
  if (schema.enum) choices.push(fc.constantFrom(...schema.enum));
  for (const type of [schema.type ?? []].flat()) {
    if (type === 'integer' || type === 'number') choices.push(fc.integer({ min: -5, max: 5_000 }), fc.nat());
    if (type === 'boolean') choices.push(fc.boolean());
    if (type === 'array' && schema.items) choices.push(fc.array(valueFor(schema.items), { maxLength: 4 }));
    if (type === 'object') choices.push(objectFor(schema.properties ?? {}));
  }
  if (schema.anyOf) choices.push(...schema.anyOf.map(valueFor));
  const plausible = fc.oneof(
    fc.nat({ max: 11 }).map((at) => known()[at]),
    ...choices,
  );
  return fc.oneof({ arbitrary: plausible, weight: 3 }, { arbitrary: anything, weight: 1 });
}

const objectFor = (fields: Record<string, Schema>): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, valueFor(schema)])), {
    requiredKeys: [],
  });

async function send({ method, path }: Operation, input: Record<string, unknown>, form: 'json' | 'query') {
  const text = (value: unknown) =>
    encodeURIComponent(String(typeof value === 'object' ? JSON.stringify(value) : value).toWellFormed());
  const inPath = new Set([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!));
  const filled = path.replace(
    /\{(\w+)\}/g,
    (_, name: string) => text(input[name] ?? names['APP']).slice(0, 900) || 'x',
  );
  const rest = Object.entries(input).filter(([name]) => !inPath.has(name));
  const asQuery = method === 'GET' || form === 'query';
  const query = asQuery ? `?${rest.map(([name, value]) => `${name}=${text(value).slice(0, 4_000)}`).join('&')}` : '';
  return server.app.inject({
    method,
    url: filled + query,
    headers: { authorization: keyValue('ALL'), 'content-type': 'application/json' },
    ...(!asQuery && { payload: JSON.stringify(Object.fromEntries(rest)) }),
  });
}

function expectCalm(answer: { statusCode: number; body: string }, startedMs: number, what: string): void {
  expect(answer.statusCode, `${what}: ${answer.body.slice(0, 300)}`).toBeLessThan(500);
  expect(performance.now() - startedMs, what).toBeLessThan(SLOW_MS);
  if (answer.statusCode >= 400) expect(JSON.parse(answer.body)).toMatchObject({ error: expect.any(String) });
}

describe.each(operations)('$route', (operation) => {
  test('stays calm', async () => {
    const input = objectFor(operation.fields);
    const property = fc.asyncProperty(
      input,
      fc.constantFrom('json' as const, 'query' as const),
      async (fields, form) => {
        const startedMs = performance.now();
        const answer = await send(operation, fields, form);
        expectCalm(answer, startedMs, `${operation.route} ${JSON.stringify(fields).slice(0, 500)}`);
      },
    );
    await fc.assert(property, { numRuns: runs, seed: 20_261_121 });
    // Some inputs were good: what they deleted is made again.
    names = await buildFixture(server.database.db);
  });
});

test.each([
  ['no JSON', 'not json'],
  ['half a document', '{"app_id":'],
  ['a list', '[1,2,3]'],
  ['a word', '"text"'],
  ['a number', '5'],
  ['null', 'null'],
  ['deep nesting', `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`],
  ['a prototype', '{"__proto__":{"app_id":"com.demo.app"},"constructor":{"prototype":{}}}'],
  ['NUL in a name', '{"a\\u0000b":1}'],
  ['a repeated name', '{"app_id":"com.demo.app","app_id":5}'],
])('a body that is %s', async (_what, payload) => {
  for (const url of ['/app', '/bundle', '/channel', '/device', '/organization', '/apikey', '/webhooks']) {
    for (const method of ['POST', 'PUT', 'DELETE'] as const) {
      const startedMs = performance.now();
      const answer = await server.app.inject({ method, url, payload, headers: { authorization: keyValue('ALL') } });
      expectCalm(answer, startedMs, `${method} ${url}`);
    }
  }
});

test('foreign content types and bodies on GET and DELETE are read all the same', async () => {
  const headers = { authorization: keyValue('ALL') };
  const payload = JSON.stringify({ app_id: names['APP'] });
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream']) {
    const typed = { ...headers, 'content-type': type };
    expect((await server.app.inject({ method: 'GET', url: '/bundle', payload, headers: typed })).statusCode).toBe(200);
    expect((await server.app.inject({ method: 'DELETE', url: '/bundle', payload, headers: typed })).statusCode).toBe(
      200,
    );
  }
  const empty = { ...headers, 'content-type': 'application/json' };
  expect(
    (await server.app.inject({ method: 'DELETE', url: '/device?app_id=com.demo.app&device_id=d', headers: empty }))
      .statusCode,
  ).toBe(200);
});

test.each([
  '/app/%00',
  '/statistics/app/%00?from=2024-01-01&to=2024-01-02',
  '/statistics/org/%00?from=2024-01-01&to=2024-01-02',
  '/apikey/%00aaaaaaaa',
  '/app?org_id=%00',
  '/channel?app_id=com.demo.app&channel=%00',
  '/device?app_id=com.demo.app&device_id=%00',
  '/device?app_id=com.demo.app&device_id=a&device_id=b%00',
  '/app/%F0%28%8C%28',
  '/app/%',
])('%s is refused, not passed on to the database', async (url) => {
  const answer = await server.app.inject({ url, headers: { authorization: keyValue('ALL') } });
  expect([400, 404], answer.body).toContain(answer.statusCode);
});

test('a body over the limit is 413 in the words of the door', async () => {
  const payload = JSON.stringify({ name: 'x'.repeat(2 * 1024 * 1024) });
  const answer = await server.app.inject({
    method: 'POST',
    url: '/channel',
    payload,
    headers: { authorization: keyValue('ALL') },
  });
  expect([answer.statusCode, answer.json()]).toEqual([
    413,
    { error: 'payload_too_large', message: 'The body is too large', moreInfo: {}, status: 'KO' },
  ]);
});
