// Plays a row of a conformance table: requests in order, each with what its answer must be or hold.

import type { FastifyInstance } from 'fastify';
import { expect } from 'vitest';
import type { Db } from '../../../db/database.ts';
import { keyValue, type Names } from './fixture.ts';

export interface Step {
  /** Name of the key in `authorization`; `null` sends none. ALL unless told. */
  as?: string | null;
  headers?: Record<string, string>;
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  url: string;
  /** Sent as JSON; a string is sent as it is. */
  body?: unknown;
  status: number;
  /** The answer holds at least this, recursively; in lists, in order from the first. */
  holds?: unknown;
  /** The answer is exactly this. */
  equals?: unknown;
  /** Fields the answer must not have. */
  lacks?: string[];
  /** Exactly these fields. */
  fields?: string[];
  /** Items of the list, or of the list in `data`. */
  length?: number;
  /** Fields that must have another value than this. */
  differs?: Record<string, unknown>;
  answerHeaders?: Record<string, unknown>;
  /** Keeps a field of the answer under a name for later steps. */
  keep?: Record<string, string>;
  /** How often to send it; the last answer counts. */
  times?: number;
  from?: string;
}

export interface Row {
  id: string;
  title: string;
  /** What must be in the database beside the fixture. */
  given?: (db: Db, names: Names) => Promise<void>;
  steps: Step[];
}

export async function play(app: FastifyInstance, names: Names, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    let answer = await send(app, names, step);
    for (let turn = 1; turn < (step.times ?? 1); turn++) answer = await send(app, names, step);
    const body = answer.body === '' ? undefined : JSON.parse(answer.body);
    expect({ url: step.url, status: answer.statusCode, body }).toMatchObject({ status: step.status });
    compare(body, fill(step, names));
    if (step.answerHeaders) expect(answer.headers).toMatchObject(step.answerHeaders);
    for (const [name, path] of Object.entries(step.keep ?? {})) names[name] = dig(body, path);
  }
}

function send(app: FastifyInstance, names: Names, step: Step) {
  const { as = 'ALL', headers = {}, method = 'GET', url, body, from } = fill(step, names);
  const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return app.inject({
    method,
    url,
    headers: {
      ...(as === null ? {} : { authorization: keyValue(as) }),
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(payload !== undefined && { payload }),
    ...(from !== undefined && { remoteAddress: from }),
  });
}

function compare(body: unknown, step: Step): void {
  if ('equals' in step) expect(body).toEqual(step.equals);
  if (step.holds !== undefined) expect(body).toMatchObject(asHeld(step.holds, body) as object);
  if (step.fields) expect(Object.keys(body as object).sort()).toEqual([...step.fields].sort());
  for (const name of step.lacks ?? []) expect(body).not.toHaveProperty(name);
  if (step.length !== undefined) expect((body as { data?: unknown }).data ?? body).toHaveLength(step.length);
  for (const [name, value] of Object.entries(step.differs ?? {})) expect(dig(body, name)).not.toEqual(value);
}

/** `toMatchObject` wants lists of the same length: the expected list stands for the answer's first items. */
function asHeld(holds: unknown, body: unknown): unknown {
  if (Array.isArray(holds) && Array.isArray(body)) {
    return body.map((item, at) => (at < holds.length ? asHeld(holds[at], item) : item));
  }
  if (typeof holds !== 'object' || holds === null || 'asymmetricMatch' in holds) return holds;
  const from = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(holds).map(([name, value]) => [name, asHeld(value, from[name])]));
}

/** Replaces `{NAME}` everywhere; text that is nothing but a name becomes the value with its type. */
function fill<T>(value: T, names: Names): T {
  if (typeof value === 'string') {
    const whole = /^\{(\w+)\}$/.exec(value);
    if (whole && whole[1]! in names) return names[whole[1]!] as T;
    return value.replace(/\{(\w+)\}/g, (text, name: string) => String(names[name] ?? text)) as T;
  }
  if (Array.isArray(value)) return value.map((each) => fill(each, names)) as T;
  if (typeof value !== 'object' || value === null || 'asymmetricMatch' in value) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fill(each, names)])) as T;
}

function dig(body: unknown, path: string): string | number {
  let value = body;
  for (const part of path.split('.')) value = (value as Record<string, unknown>)[part];
  return value as string | number;
}
