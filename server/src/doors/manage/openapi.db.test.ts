// The API description: valid by a public validator, complete, and shown without any foreign host.

import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

test('openapi.json is a valid OpenAPI 3.1 document', async () => {
  const answer = await server.app.inject('/openapi.json');
  expect(await new Validator().validate(answer.json())).toEqual({ valid: true });
  expect(answer.json()).toMatchObject({ openapi: '3.1.0', servers: [{ url: 'http://updates.test' }] });
});

test('every operation has a name of its own, a summary and an answer', async () => {
  const { paths } = (await server.app.inject('/openapi.json')).json();
  const operations = Object.values(
    paths as Record<string, Record<string, { operationId: string; summary: string; responses: object }>>,
  ).flatMap((methods) => Object.values(methods));
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  expect(operations.filter(({ summary, responses }) => !summary || Object.keys(responses).length === 0)).toEqual([]);
  expect(operations.length).toBeGreaterThan(35);
});

test('the page names every path and loads nothing', async () => {
  const { paths } = (await server.app.inject('/openapi.json')).json();
  const page = await server.app.inject('/docs');
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  for (const path of Object.keys(paths)) expect(page.body).toContain(`<code>${path}</code>`);
  expect(page.body).not.toMatch(/<script|src=|href="http|@import/);
  expect(page.headers['content-security-policy']).toContain("default-src 'none'");
});
