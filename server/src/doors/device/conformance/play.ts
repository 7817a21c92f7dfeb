// Plays a row of the conformance tables against a server, as an app of its own.

import { expect } from 'vitest';
import type { TestServer } from '../../../testing/server.ts';
import type { Asked, Heard } from '../../../testing/through-port.ts';
import { changeState, createFixture, readStored } from './fixture.ts';
import { device_id, type Row, type Step, type Stored } from './row.ts';

/** How a request gets to the server. */
export type Way = (asked: Asked) => Promise<Pick<Heard, 'statusCode' | 'body'> & { headers: Record<string, unknown> }>;

/** Returns every answer, for who wants to compare them. */
export async function playRow(server: TestServer, row: Row, way: Way = server.ask): Promise<Answer[]> {
  const answers: Answer[] = [];
  const app_id = `com.demo.${row.id.toLowerCase().replaceAll(/\W/g, '_')}`;
  await createFixture(server.database.db, app_id, server.orgId, row.state);
  for (const step of row.steps) {
    if (step.change) {
      await changeState(server.database.db, app_id, server.orgId, step.change);
      await server.parts.snapshots.caughtUp();
    }
    for (let turn = 0; turn < (step.times ?? 1); turn++) answers.push(await send(way, app_id, step));
    judge(step, app_id, answers.at(-1)!);
    if (step.stored) await judgeStored(server, app_id, step.stored);
  }
  return answers;
}

interface Answer {
  status: number;
  text: string;
  headers: Record<string, unknown>;
}

async function send(way: Way, app_id: string, step: Step): Promise<Answer> {
  const { method = 'POST', path = '/updates', body, query } = forApp(step, app_id);
  const {
    statusCode,
    headers,
    body: text,
  } = await way({
    method,
    url: path,
    ...(query && { query }),
    ...(body !== undefined && {
      payload: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  return { status: statusCode, text, headers };
}

/** The row's own app in place of `com.demo.app`, wherever that is named. */
function forApp<T>(value: T, app_id: string): T {
  if (value === 'com.demo.app') return app_id as T;
  if (Array.isArray(value)) return value.map((each) => forApp(each, app_id)) as T;
  // Matchers of the test runner are objects too, and stay what they are.
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, forApp(each, app_id)])) as T;
}

function judge(step: Step, app_id: string, { status, text, headers }: Answer): void {
  const body: unknown = JSON.parse(text);
  expect({ status, body }).toMatchObject({ status: step.status ?? 200 });
  const expected = forApp(step, app_id);
  if (step.refused !== undefined) judgeRefusal(step.refused, body);
  if (step.offered !== undefined) judgeOffer(step.offered, body);
  if (step.error !== undefined) {
    expect(body).toMatchObject({ error: step.error, message: expect.any(String), moreInfo: expect.any(Object) });
  }
  if (step.issue !== undefined) {
    expect(body).toHaveProperty('moreInfo.parseResult.error.issues[0].message', step.issue);
  }
  if ('equals' in expected) expect(body).toEqual(expected.equals);
  if (expected.holds) expect(body).toMatchObject(expected.holds);
  for (const key of step.lacks ?? []) expect(body).not.toHaveProperty(key);
  if (step.names) expect((body as { name: string }[]).map(({ name }) => name).sort()).toEqual([...step.names].sort());
  for (const name of step.headers ?? []) expect(headers).toHaveProperty(name);
}

function judgeRefusal(expected: string, body: unknown): void {
  const [error, kind] = expected.split('/');
  expect(body).toMatchObject({ error, message: expect.stringMatching(/./), kind: kind ?? expect.any(String) });
  for (const key of ['url', 'checksum', 'session_key', 'manifest']) expect(body).not.toHaveProperty(key);
}

function judgeOffer(version: string, body: unknown): void {
  expect(body).toMatchObject({ version });
  const { url, session_key } = body as { url: string; session_key: unknown };
  expect(URL.canParse(url)).toBe(true);
  expect(session_key).toBeTypeOf('string');
  for (const key of ['error', 'kind', 'message']) expect(body).not.toHaveProperty(key);
}

async function judgeStored(server: TestServer, app_id: string, expected: Stored): Promise<void> {
  await Promise.all([server.parts.sightings.flush(), server.parts.served.flush()]);
  await server.parts.recorder.drain();
  const stored = await readStored(server.database.db, app_id, device_id);
  if (expected.device === null) expect(stored.device).toBeNull();
  else if (expected.device) expect(stored.device).toMatchObject(expected.device);
  if (expected.events) {
    expect(stored.events).toHaveLength(expected.events.length);
    for (const line of expected.events) expect(stored.events).toContainEqual(expect.objectContaining(line));
  }
  if (expected.counters) expect(stored.counters).toEqual(expected.counters);
  if (expected.override !== undefined) expect(stored.override).toBe(expected.override);
  if (expected.bundles) expect([...stored.bundles].sort()).toEqual([...expected.bundles].sort());
}
