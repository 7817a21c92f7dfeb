// One route as a list of facts: what it reads, who may, what it answers. The order of steps is the same for all: credential, input, limits,
// permission, late checks, handler.

import { AppRouteError, ManageError } from '@overair/protocol/manage/error';
import { onlyKnown } from '@overair/protocol/manage/formats';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Static, type TObject, type TSchema, Type } from 'typebox';
import { type Actor, actorOf, type Caller, nameOfCaller } from '../../accounts/caller.ts';
import { allows, allowsSomewhere, findGrant, type Grant, noGrant, type Target } from '../../accounts/permissions.ts';
import type { Permission } from '../../accounts/rights.ts';
import { assertFresh } from '../../accounts/second-factor.ts';
import type { Db } from '../../db/database.ts';
import type { AppError } from '../../errors.ts';
import type { Parts } from '../../wiring.ts';
import { addRoute } from '../route.ts';
import type { Authenticate, AuthKind } from './auth.ts';
import { type Cell, csvOf, wantsCsv } from './csv.ts';
import { inputReader, type RawInput, readInput, refusesUnknown } from './input.ts';
import { assertExpiring } from './org-access.ts';

/** Where a schema says text a row may hold a Date: the serializer writes it as ISO 8601. */
type Presented<T> = T extends string
  ? string extends T
    ? string | Date
    : T
  : T extends readonly (infer Item)[]
    ? readonly Presented<Item>[]
    : T extends object
      ? { [Name in keyof T]: Presented<T[Name]> }
      : T;

/** The answer of deeds that have nothing to tell. */
export const ok = { status: 'ok' } as const;

export interface Call<Input> {
  input: Input;
  caller: Caller;
  actor: Actor;
  /** Only where the route names a permission. */
  grant: Grant;
  db: Db;
  request: FastifyRequest;
  /** A value as JSON with the fields that its schema declares, as answers are written. */
  serialize: (schema: TSchema, value: object) => string;
}

interface Asked<Input> {
  permission: Permission;
  on(input: Input): Target;
  /** The route's own sentence. `readable` tells whether the caller may know that the place exists. */
  refuse(input: Input, readable: boolean): AppError;
  /** Enough on one channel of the app. The route asks again once it knows which channel is meant. */
  onSomeChannel?: true;
  /** Where an organization is named, it may demand that keys end some day. */
  wantsExpiringKey?: true;
}

interface RouteFacts<InputSchema extends TObject, AnswerSchema extends TSchema> {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  summary: string;
  auth: AuthKind;
  /** Signed-in people prove first that it is still them: see `assertFresh`. */
  isDangerous?: true;
  /** Path parameters and body or query, in one schema: names are unique across both. */
  input: InputSchema;
  /** `json`: the query never stands in for the body. */
  reads?: 'body-or-query' | 'json';
  maxBodyBytes?: number;
  /** No body at all is fine: everything stands in the path. */
  isBodyOptional?: boolean;
  /** Refuses callers before anything of the input is judged. */
  admit?: (caller: Caller) => void;
  /** Counts the call against limits of the route's own and throws when there were too many, before the database is asked. */
  spend?: (input: Static<InputSchema>, caller: Caller, ip: string) => void;
  /** The contract lists some checks for one form of a route only. */
  skipsLateChecks?: (input: Static<InputSchema>) => boolean;
  /** Who may. Routes whose answer depends on more than one place ask inside. */
  needs?: Asked<Static<InputSchema>>;
  status?: 200 | 201;
  /** Another method than GET, which changes nothing all the same. */
  readsOnly?: true;
  answer: AnswerSchema;
  /** The same answer as a table, for who accepts `text/csv`. The first row names the columns. */
  table?: (answer: Presented<Static<AnswerSchema>>) => Cell[][];
  /** It moves phones: it can be rehearsed, prepared and committed. `run` works in the transaction that `db` then is. */
  movesPhones?: true;
  run(call: Call<Static<InputSchema>>): Promise<Presented<Static<AnswerSchema>>>;
  /** What follows when the change is committed; the answer with what there is to tell of it. */
  afterwards?(
    call: Call<Static<InputSchema>>,
    answer: Presented<Static<AnswerSchema>>,
  ): Promise<Presented<Static<AnswerSchema>>>;
}

/** A call that moves phones, for whoever makes it in its stead: the same checks, the same deed, the same answer. */
export interface MovingRoute {
  /** All that comes before the deed. The input as it is given, not yet read. */
  ask(by: Call<unknown>, db: Db, fields: Record<string, unknown>): Promise<Call<unknown>>;
  run(call: Call<unknown>): Promise<unknown>;
  afterwards(call: Call<unknown>, answer: unknown): Promise<unknown>;
  readonly answer: TSchema;
}

/** By method and address, as in `POST /channel`. */
export type MovingRoutes = ReadonlyMap<string, MovingRoute>;

export type AddRoute = <I extends TObject, A extends TSchema>(facts: RouteFacts<I, A>) => void;

export type RouteParts = Pick<Parts, 'database' | 'snapshots'>;

/** `moving` is filled as routes are added. */
export function routeAdder(
  app: FastifyInstance,
  { database: { db }, snapshots }: RouteParts,
  authenticate: Authenticate,
  moving: Map<string, MovingRoute>,
): AddRoute {
  return (facts) => {
    const ask = asker(facts);
    if (facts.movesPhones) moving.set(`${facts.method} ${facts.url}`, movingRoute(facts, ask));
    addRoute(app, {
      method: facts.method,
      url: facts.url,
      auth: facts.auth,
      schema: describe(facts),
      ...(facts.maxBodyBytes !== undefined && { maxBodyBytes: facts.maxBodyBytes }),
      run: async (request, reply) => {
        const caller = await authenticate(request, facts.auth);
        facts.admit?.(caller);
        const raw = await read(request, facts.reads, facts.isBodyOptional === true);
        const fields = { ...raw.fields, ...pathFields(facts.input, request.params) };
        const serialize = (schema: TSchema, value: object) =>
          reply.serializeInput({ ...value }, schema as TSchema & Record<string, unknown>);
        const call = await ask({ caller, request, serialize, db }, { ...raw, fields });
        reply.code(facts.status ?? 200);
        const done = await facts.run(call);
        const answer = facts.afterwards ? await facts.afterwards(call, done) : done;
        if (facts.method !== 'GET' && !facts.readsOnly) logChange(request, facts, call);
        // Who was told "done" may ask a phone's question at once: this server must already decide by the change.
        if (facts.method !== 'GET') await snapshots.caughtUp();
        if (!facts.table || !wantsCsv(request)) return answer;
        return reply.type('text/csv; charset=utf-8').send(csvOf(facts.table(answer)));
      },
    });
  };
}

type By = Pick<Call<unknown>, 'caller' | 'request' | 'serialize' | 'db'>;
type Ask<Input> = (by: By, raw: RawInput) => Promise<Call<Input>>;

/** Input, limits, permission, late checks. */
function asker<I extends TObject, A extends TSchema>(facts: RouteFacts<I, A>): Ask<Static<I>> {
  const reader = inputReader(facts.input);
  return async (by, raw) => {
    const { db, caller, request } = by;
    const input = reader.early(raw);
    facts.spend?.(input, caller, request.ip);
    const grant = facts.needs ? await demand(db, caller, facts.needs, input) : noGrant;
    if (!facts.skipsLateChecks?.(input)) reader.late(input);
    if (facts.isDangerous) assertFresh(caller, Date.now());
    return { ...by, input, actor: actorOf(caller), grant };
  };
}

function movingRoute<I extends TObject, A extends TSchema>(facts: RouteFacts<I, A>, ask: Ask<Static<I>>): MovingRoute {
  type Own = Call<Static<I>>;
  return {
    answer: facts.answer,
    ask: ({ caller, request, serialize }, db, fields) =>
      ask({ caller, request, serialize, db }, { fields, isText: false, unread: [] }),
    run: (call) => facts.run(call as Own),
    afterwards: async (call, answer) =>
      facts.afterwards ? facts.afterwards(call as Own, answer as Presented<Static<A>>) : answer,
  };
}

/** One line for each change. Of the input only what names a place: the rest may be secret. */
function logChange(
  { log }: FastifyRequest,
  { method, url }: { method: string; url: string },
  { caller, input }: Call<unknown>,
): void {
  const { app_id, orgId, channel } = input as Record<string, unknown>;
  log.info(
    { route: `${method} ${url}`, by: nameOfCaller(caller), ip: caller.ip, app_id, org_id: orgId, channel },
    'changed',
  );
}

async function read(request: FastifyRequest, reads: 'body-or-query' | 'json' | undefined, isBodyOptional: boolean) {
  if (isBodyOptional && !request.body) return { fields: { ...(request.query as object) }, isText: true, unread: [] };
  return readInput(request, reads === 'json' ? 'ignored' : 'accepted');
}

/** A path is text, also where the body beside it is JSON and a number has to be one. */
function pathFields({ properties }: TObject, params: unknown): Record<string, unknown> {
  const fields = Object.entries(params as Record<string, string>).map(([name, text]) => {
    const isInteger = (properties[name] as { type?: unknown } | undefined)?.type === 'integer';
    return [name, isInteger && /^\d{1,15}$/.test(text) ? Number(text) : text];
  });
  return Object.fromEntries(fields);
}

async function demand<Input>(db: Db, caller: Caller, asked: Asked<Input>, input: Input): Promise<Grant> {
  const grant = await findGrant(db, caller, asked.on(input));
  const isAllowed = asked.onSomeChannel ? allowsSomewhere : allows;
  if (!grant || !isAllowed(grant, asked.permission)) throw asked.refuse(input, grant !== undefined);
  if (asked.wantsExpiringKey) assertExpiring(caller, grant);
  return grant;
}

function describe<I extends TObject, A extends TSchema>(facts: RouteFacts<I, A>) {
  const inPath = new Set([...facts.url.matchAll(/:(\w+)/g)].map(([, name]) => name!));
  const names = Object.keys(facts.input.properties);
  const part = (chosen: string[]) => {
    const properties = Object.fromEntries(chosen.map((name) => [name, facts.input.properties[name]!]));
    return chosen.length === 0 ? undefined : Type.Object(properties, refusesUnknown(facts.input) ? onlyKnown : {});
  };
  const params = part(names.filter((name) => inPath.has(name)));
  const rest = part(names.filter((name) => !inPath.has(name)));
  const tag = facts.url.split('/')[1]!;
  return {
    summary: facts.summary,
    operationId: operationId(facts),
    tags: [tag],
    security: facts.auth === 'anybody' ? [] : [{ key: [] }],
    ...(params && { params }),
    ...(rest && (facts.method === 'GET' ? { querystring: rest } : { body: rest })),
    response: {
      [facts.status ?? 200]: facts.answer,
      '4xx': tag === 'app' ? AppRouteError : ManageError,
      '5xx': tag === 'app' ? AppRouteError : ManageError,
    },
  };
}

/** `GET /app/:app_id` is `get_app_by_app_id`. */
const operationId = ({ method, url }: { method: string; url: string }) =>
  `${method.toLowerCase()}${url.replaceAll('/:', '_by_').replaceAll('/', '_')}`;
