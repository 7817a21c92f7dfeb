// /app/:app_id/events: what devices report, live, as server-sent events (docs/protocol/management.md §9.8).

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { FollowEvents } from '@overair/protocol/manage/outcomes';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { allows, findGrant } from '../../accounts/permissions.ts';
import type { Database } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { cursorAt, isCursor, readTail, SETTLE_MS } from '../../stats/tail.ts';
import type { Parts } from '../../wiring.ts';
import { addRoute } from '../route.ts';
import type { Authenticate } from './auth.ts';
import { inputReader, invalidBody } from './input.ts';
import { refuseApp } from './outcomes.ts';

const POLL_EVERY_MS = 1_000;
const COMMENT_EVERY_MS = 15_000;
/** A key that was revoked hears nothing from then on. */
const ASK_AGAIN_EVERY_MS = 60_000;
/** What one turn reads, and so what waits for a reader that is slow. */
const MAX_EVENTS = 200;
const READER_PATIENCE_MS = 30_000;
/** Each asks the database once a second. */
const MAX_STREAMS = 50;
const RECONNECT_MS = 2_000;

/** A page that is no stream begins here. */
const PAGE_OF_MS = 60 * 60 * 1000;

type Asked = Static<typeof FollowEvents>;

const tooManyStreams = () =>
  new AppError('too_many_streams', 503, `This server has ${MAX_STREAMS} readers of events already, try again later`, {
    retryAfterSeconds: 10,
  });

export function eventStreamRoute(
  app: FastifyInstance,
  { database }: Pick<Parts, 'database'>,
  authenticate: Authenticate,
) {
  const streams = new Set<AbortController>();
  const reader = inputReader(FollowEvents);
  // Before the server waits for open connections to end.
  app.addHook('preClose', async () => {
    for (const stream of streams) stream.abort();
  });

  const admit = async (request: FastifyRequest, input: Asked) => {
    const caller = await authenticate(request, 'session-or-key');
    const grant = await findGrant(database.db, caller, { app_id: input.app_id });
    if (!grant || !allows(grant, 'app.read_devices')) throw refuseApp(input, grant !== undefined);
  };

  const run = async (request: FastifyRequest, reply: FastifyReply) => {
    await authenticate(request, 'session-or-key');
    const fields = { ...(request.query as object), ...(request.params as object) };
    const input = reader.early({ fields, isText: true, unread: [] });
    const cursor = startOf(request, input);
    await admit(request, input);
    reader.late(input);
    if (input.follow === false) return readPage(database, input, cursor);
    if (streams.size >= MAX_STREAMS) throw tooManyStreams();
    const stream = new AbortController();
    streams.add(stream);
    begin(reply);
    reply.raw.on('close', () => stream.abort());
    const follow = { database, reply, input, cursor, signal: stream.signal, admit: () => admit(request, input) };
    followEvents(follow)
      .catch((error: unknown) => {
        if (!stream.signal.aborted) request.log.warn({ err: error }, 'a stream of events ended');
      })
      .finally(() => {
        streams.delete(stream);
        reply.raw.end();
      });
    return reply;
  };
  addRoute(app, { method: 'GET', url: '/app/:app_id/events', auth: 'session-or-key', schema: description, run });
}

const description = {
  summary: 'What devices report, live, as server-sent events; Last-Event-ID resumes without a gap',
  operationId: 'get_app_by_app_id_events',
  tags: ['app'],
  security: [{ key: [] }],
  params: { type: 'object', properties: { app_id: FollowEvents.properties.app_id }, required: ['app_id'] },
  querystring: {
    type: 'object',
    properties: Object.fromEntries(Object.entries(FollowEvents.properties).filter(([name]) => name !== 'app_id')),
    additionalProperties: false,
  },
  produces: ['text/event-stream'],
};

function startOf({ headers }: FastifyRequest, { after, follow }: Asked): string {
  const given = headers['last-event-id'] ?? after;
  if (given === undefined || given === '') return cursorAt(Date.now() - (follow === false ? PAGE_OF_MS : SETTLE_MS));
  if (typeof given === 'string' && isCursor(given)) return given;
  const message = 'Last-Event-ID and after must be the id of an event of this stream';
  throw invalidBody({ code: 'invalid_cursor', path: ['after'], message });
}

async function readPage({ db }: Database, input: Asked, cursor: string) {
  const events = await readTail(db, input, cursor, new Date(), MAX_EVENTS);
  return { data: events.map(({ id, event }) => ({ id, ...event })), cursor: events.at(-1)?.id ?? cursor };
}

function begin(reply: FastifyReply): void {
  reply.hijack();
  // What hooks set before: the request's id, headers for security and for other origins.
  const headers = reply.getHeaders() as Record<string, string>;
  reply.raw.writeHead(200, {
    ...headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // nginx would gather the events and hand them on by the kilobyte.
    'x-accel-buffering': 'no',
  });
  reply.raw.write(`retry: ${RECONNECT_MS}\n\n`);
}

interface Follow {
  database: Database;
  reply: FastifyReply;
  input: Asked;
  cursor: string;
  signal: AbortSignal;
  admit: () => Promise<void>;
}

async function followEvents({ database, reply, input, cursor, signal, admit }: Follow): Promise<void> {
  let last = cursor;
  let saidAtMs = performance.now();
  let admittedAtMs = performance.now();
  while (!signal.aborted) {
    if (performance.now() - admittedAtMs > ASK_AGAIN_EVERY_MS) {
      await admit();
      admittedAtMs = performance.now();
    }
    const page = await readTail(database.db, input, last, new Date(), MAX_EVENTS);
    for (const { id, event } of page) {
      await write(reply, `id: ${id}\ndata: ${JSON.stringify(event)}\n\n`, signal);
      last = id;
    }
    const nowMs = performance.now();
    if (page.length > 0) saidAtMs = nowMs;
    else if (nowMs - saidAtMs > COMMENT_EVERY_MS) {
      await write(reply, ': still here\n\n', signal);
      saidAtMs = nowMs;
    }
    if (page.length < MAX_EVENTS) await sleep(POLL_EVERY_MS, undefined, { signal });
  }
}

/** Waits for a reader that is slow; gives up on one that has stopped. */
async function write({ raw }: FastifyReply, text: string, signal: AbortSignal): Promise<void> {
  if (raw.write(text)) return;
  await once(raw, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(READER_PATIENCE_MS)]) });
}
