// One route as a list of facts: what it reads, who may, what it answers. Bodies are JSON, and unknown names are refused.

import { onlyKnown } from '@overair/protocol/manage/formats';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, type TObject, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Caller } from '../../accounts/caller.ts';
import { assertFresh } from '../../accounts/second-factor.ts';
import { AppError } from '../../errors.ts';
import { parseStorableJson } from '../../storable-text.ts';
import type { Parts } from '../../wiring.ts';
import { addRoute } from '../route.ts';
import { notSignedIn } from './errors.ts';

export type DoorParts = Pick<Parts, 'config' | 'database' | 'keys' | 'limits' | 'signIn'>;

/** `anybody` may be signed in too; the person of a `fresh-session` has proved a moment ago to be there. */
type Who = 'anybody' | 'session' | 'fresh-session';

interface Call<Input> {
  readonly input: Input;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

type CallBy<W extends Who, Input> = Call<Input> & (W extends 'anybody' ? object : { readonly caller: Caller });

interface RouteFacts<W extends Who, I extends TObject, A extends TSchema> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly auth: W;
  /** Of the body, or of the query in a GET, and of the path. */
  readonly input?: I;
  readonly answer: A;
  run(call: CallBy<W, Static<I>>): Promise<object>;
}

export type AddRoute = <W extends Who, A extends TSchema, I extends TObject = TObject>(
  facts: RouteFacts<W, I, A>,
) => void;

/** The answer of deeds that have nothing to tell. */
export const ok = { status: 'ok' } as const;

export function routeAdder(app: FastifyInstance, { signIn }: DoorParts): AddRoute {
  return (facts) => {
    const read = inputReader(facts.input ?? Type.Object({}, onlyKnown));
    addRoute(app, {
      method: facts.method,
      url: facts.url,
      auth: facts.auth,
      // What an answer does not declare is dropped.
      schema: { response: { '2xx': facts.answer } },
      async run(request, reply) {
        const caller = facts.auth === 'anybody' ? undefined : await signIn.sessions.authenticate(request);
        if (facts.auth !== 'anybody' && !caller) throw notSignedIn();
        if (facts.auth === 'fresh-session') assertFresh(caller!, Date.now());
        const input = read(request);
        return facts.run({ input, request, reply, caller } as unknown as Parameters<typeof facts.run>[0]);
      },
    });
  };
}

const invalid = (field: string, message: string) => new AppError('invalid_body', 400, message, { field });

function inputReader<I extends TObject>(schema: I): (request: FastifyRequest) => Static<I> {
  const validator = Compile(schema);
  return (request) => {
    const given = {
      ...(request.method === 'GET' ? (request.query as object) : bodyOf(request)),
      ...(request.params as object),
    };
    if (validator.Check(given)) return given as Static<I>;
    const [first] = validator.Errors(given);
    const field = first?.instancePath.slice(1) || namedIn(first?.params) || 'body';
    throw invalid(
      field,
      `${field} ${first?.keyword === 'additionalProperties' ? 'is not known here' : first?.message}`,
    );
  };
}

/** The name that is missing, or too much. */
function namedIn(params: unknown): string | undefined {
  const { requiredProperties, additionalProperties } = (params ?? {}) as Record<string, string[] | undefined>;
  return (requiredProperties ?? additionalProperties)?.[0];
}

function bodyOf({ body }: FastifyRequest): object {
  if (body === undefined || body === '') return {};
  let value: unknown;
  try {
    value = parseStorableJson(String(body), () => invalid('body', 'text must not contain the NUL character'));
  } catch (error) {
    if (error instanceof AppError) throw error;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw invalid('body', 'The body must be a JSON object');
}
