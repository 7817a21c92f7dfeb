// /rehearse, /prepare and /commit: who would move, and a change that is made as it was reviewed.

import {
  Commit,
  Committed,
  Prepare,
  Prepared,
  Rehearsal,
  Rehearse,
  RehearsedChange,
} from '@overair/protocol/manage/rehearsal';
import { type Caller, nameOfCaller } from '../../accounts/caller.ts';
import { AppError } from '../../errors.ts';
import { commitPrepared, keepPrepared, noteAnswer } from '../../rehearsal/prepared.ts';
import { makeAsReviewed } from '../../rehearsal/review.ts';
import type { Parts } from '../../wiring.ts';
import { inputReader } from './input.ts';
import { rehearseCall, shownAnswer } from './rehearse-call.ts';
import type { AddRoute, Call, MovingRoute, MovingRoutes } from './route.ts';

const SAVE_CHANNEL = 'POST /channel';
const changeReader = inputReader(RehearsedChange);

export function rehearsalRoutes(add: AddRoute, moving: MovingRoutes, { rehearsals }: Pick<Parts, 'rehearsals'>): void {
  const find = (call: string): MovingRoute => {
    const route = moving.get(call);
    if (route === undefined) throw new Error(`${call} cannot be prepared`);
    return route;
  };

  add({
    method: 'POST',
    url: '/rehearse',
    readsOnly: true,
    summary: 'Who would be told to run something else if a channel were changed; nothing is',
    auth: 'key',
    reads: 'json',
    input: Rehearse,
    answer: Rehearsal,
    async run(call) {
      const { app_id, channel, change, replay_hours } = call.input;
      changeReader.early({ fields: { ...change }, isText: false, unread: [] });
      // Nothing of it stays, so it takes no second person.
      const options = { replay_hours, isApproved: true } as const;
      return (await rehearseCall(rehearsals, find(SAVE_CHANNEL), call, { app_id, channel, ...change }, options)).shown;
    },
  });

  add({
    method: 'POST',
    url: '/prepare',
    summary: 'Rehearses a call that moves phones and keeps it, for a quarter of an hour, for its commit',
    auth: 'key',
    reads: 'json',
    input: Prepare,
    answer: Prepared,
    async run(call) {
      const { call: name, input, replay_hours } = call.input;
      const { shown, rehearsed, app_id } = await rehearseCall(rehearsals, find(name), call, input, { replay_hours });
      const change = { app_id, caller: callerId(call.caller), call: name, input, touched: rehearsed.touched };
      return { ...(await keepPrepared(call.db, change, new Date())), rehearsal: shown };
    },
  });

  commitRoute(add, find);
}

function commitRoute(add: AddRoute, find: (call: string) => MovingRoute): void {
  add({
    method: 'POST',
    url: '/commit',
    summary: 'Makes a prepared change as it was reviewed, once for each Idempotency-Key',
    auth: 'key',
    reads: 'json',
    input: Commit,
    answer: Committed,
    async run(by) {
      const request = { ...by.input, caller: callerId(by.caller), idempotencyKey: idempotencyKeyOf(by) };
      let made: { route: MovingRoute; call: Call<unknown>; answer: unknown } | undefined;
      const { change, committed_at, answer, isMade } = await commitPrepared(by.db, request, async (trx, prepared) => {
        const route = find(prepared.call);
        const call = await route.ask(by, trx, prepared.input);
        const agreed = { reviewed: prepared.reviewed, wanted: prepared.wanted } as Parameters<typeof makeAsReviewed>[2];
        const done = await makeAsReviewed(trx, prepared.app_id, agreed, (db) => route.run({ ...call, db }));
        made = { route, call: { ...call, db: by.db }, answer: done };
        return shownAnswer(by, route, done);
      });
      if (!isMade || made === undefined) return { call: change.call, committed_at, answer };
      const told = await made.route.afterwards(made.call, made.answer);
      if (told === made.answer) return { call: change.call, committed_at, answer };
      const full = shownAnswer(by, made.route, told);
      await noteAnswer(by.db, change, full);
      return { call: change.call, committed_at, answer: full };
    },
  });
}

/** Who prepared a change: with other limits on the same key it would be somebody else. */
const callerId = (caller: Caller): string =>
  [nameOfCaller(caller), ...caller.keys.slice(1).map(({ key_id }) => `limited by ${key_id}`)].join(', ');

const KEY_LENGTH = 255;

function idempotencyKeyOf({ request }: Call<unknown>): string {
  const key = request.headers['idempotency-key'];
  if (typeof key === 'string' && key !== '' && key.length <= KEY_LENGTH) return key;
  const message =
    'You must send a header Idempotency-Key, text of your own of up to 255 characters: who repeats it gets the first answer';
  throw new AppError(key ? 'invalid_idempotency_key' : 'missing_idempotency_key', 400, message);
}
