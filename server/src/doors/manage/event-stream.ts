// /app/:app_id/events: what devices report, live, as server-sent events (docs/protocol/management.md §9.8).

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
import { writeToReader } from './write-to-reader.ts';

const POLL_EVERY_MS = 1_000;
const COMMENT_EVERY_MS = 15_000;
/** A key that was revoked hears nothing from then on. */
const ASK_AGAIN_EVERY_MS = 60_000;
/** What one turn reads, and so what waits for a reader that is slow. */
const MAX_EVENTS = 200;
/** Each asks the database once a second. Of one organization fewer: it must not keep out the others. */
const MAX_STREAMS = 50;
const MAX_STREAMS_OF_ORGANIZATION = 20;
const RECONNECT_MS = 2_000;

/** A page that is no stream begins here. */
const PAGE_OF_MS = 60 * 60 * 1000;

type Asked = Static<typeof FollowEvents>;

const tooManyStreams = (whose: string, most: number) =>
  new AppError('too_many_streams', 503, `${whose} has ${most} readers of events already, try again later`, {
    retryAfterSeconds: 10,
  });

/** The readers of this process. */
class Streams {
  readonly #open = new Map<AbortController, string>();
  #isClosing = false;

  /** Throws `too_many_streams`. A server that stops hands out a stream that has ended. */
  open(org_id: string): AbortController {
    if (this.#open.size >= MAX_STREAMS) throw tooManyStreams('This server', MAX_STREAMS);
    const own = [...this.#open.values()].filter((each) => each === org_id).length;
    if (own >= MAX_STREAMS_OF_ORGANIZATION) throw tooManyStreams('This organization', MAX_STREAMS_OF_ORGANIZATION);
    const stream = new AbortController();
    if (this.#isClosing) stream.abort();
    else this.#open.set(stream, org_id);
    return stream;
  }

  end(stream: AbortController): void {
    this.#open.delete(stream);
  }

  close(): void {
    this.#isClosing = true;
    for (const stream of this.#open.keys()) stream.abort();
  }
}

export function eventStreamRoute(
  app: FastifyInstance,
  { database }: Pick<Parts, 'database'>,
  authenticate: Authenticate,
) {
  const streams = new Streams();
  const reader = inputReader(FollowEvents);
  // Before the server waits for open connections to end.
  app.addHook('preClose', async () => streams.close());

  const admit = async (request: FastifyRequest, input: Asked) => {
    const caller = await authenticate(request, 'session-or-key');
    const grant = await findGrant(database.db, caller, { app_id: input.app_id });
    if (!grant || !allows(grant, 'app.read_devices')) throw refuseApp(input, grant !== undefined);
    return grant;
  };

  const run = async (request: FastifyRequest, reply: FastifyReply) => {
    await authenticate(request, 'session-or-key');
    const fields = { ...(request.query as object), ...(request.params as object) };
    const input = reader.early({ fields, isText: true, unread: [] });
    const cursor = startOf(request, input);
    const { org_id } = await admit(request, input);
    reader.late(input);
    if (input.follow === false) return readPage(database, input, cursor);
    const stream = streams.open(org_id);
    begin(reply);
    reply.raw.on('close', () => stream.abort());
    const follow = { database, reply, input, cursor, signal: stream.signal, admit: () => admit(request, input) };
    followEvents(follow)
      .catch((error: unknown) => {
        if (!stream.signal.aborted) request.log.warn({ err: error }, 'a stream of events ended');
      })
      .finally(() => {
        streams.end(stream);
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

async function readPage({ db }: Database, input: Asked, from: string) {
  const { events, cursor } = await readTail(db, input, from, new Date(), MAX_EVENTS);
  return { data: events.map(({ id, event }) => ({ id, ...event })), cursor };
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
  admit: () => Promise<unknown>;
}

async function followEvents({ database, reply, input, cursor, signal, admit }: Follow): Promise<void> {
  let next = cursor;
  let saidAtMs = performance.now();
  let admittedAtMs = performance.now();
  while (!signal.aborted) {
    if (performance.now() - admittedAtMs > ASK_AGAIN_EVERY_MS) {
      await admit();
      admittedAtMs = performance.now();
    }
    const page = await readTail(database.db, input, next, new Date(), MAX_EVENTS);
    next = page.cursor;
    for (const { id, event } of page.events) {
      await writeToReader(reply.raw, `id: ${id}\ndata: ${JSON.stringify(event)}\n\n`, signal);
    }
    const nowMs = performance.now();
    if (page.events.length > 0) saidAtMs = nowMs;
    else if (nowMs - saidAtMs > COMMENT_EVERY_MS) {
      // Without data it is no event, and who reconnects with this id does not have the quiet time looked through again.
      await writeToReader(reply.raw, `id: ${next}\n: still here\n\n`, signal);
      saidAtMs = nowMs;
    }
    if (page.events.length < MAX_EVENTS) await sleep(POLL_EVERY_MS, undefined, { signal });
  }
}
