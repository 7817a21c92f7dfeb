// /batch/push: up to 500 messages of their own, each for one registration id or alias.

import type { FastifyRequest } from 'fastify';
import type { AppError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../push/fields.ts';
import { acceptPush } from '../../push/message/accept.ts';
import { once, repeatKey } from '../../push/message/repeat.ts';
import type { PushApp } from '../../push/owner/apps.ts';
import type { PushRoom } from '../../push/room.ts';
import { BatchAnswer } from './answers.ts';
import { errorEntry, pushError } from './dialect/numbers.ts';
import { parseBatchItem } from './dialect/request.ts';
import { knownError } from './errors.ts';
import { readJsonObject } from './input.ts';
import type { AddRoute } from './route.ts';

const MAX_BODY_BYTES = 8 * 1024 * 1024;
const MAX_ITEMS = 500;
/** Callers of the dialect wait ten seconds. An item that was not begun in time is answered as not tried, instead of being sent after the caller has gone. */
const ANSWER_MS = 7_000;
/** Items stored side by side, where the database has connections for it. */
const LANES = 4;

type By = 'registration_id' | 'alias';
interface Item {
  readonly target: string;
  readonly body: JsonObject;
}
interface Entry {
  readonly target: string;
  readonly success: boolean;
  readonly msg_id?: number;
  readonly error?: { readonly code: number; readonly message: string };
}

export function batchRoutes(add: AddRoute, room: PushRoom): void {
  const shared = { method: 'POST', auth: 'batch', maxBodyBytes: MAX_BODY_BYTES, answer: BatchAnswer } as const;
  add({ ...shared, url: '/batch/push/regid', run: (call) => pushBatch(room, 'registration_id', call) });
  add({ ...shared, url: '/batch/push/alias', run: (call) => pushBatch(room, 'alias', call) });
}

interface BatchCall {
  readonly request: FastifyRequest;
  readonly app: PushApp;
  share(wanted: number): number;
}

async function pushBatch(room: PushRoom, by: By, { request, app, share }: BatchCall) {
  const items = readItems(request);
  const granted = share(items.length);
  const entries = await pushAll(room, app, by, items.slice(0, granted), (error) =>
    request.log.error({ err: error }, 'an item of a batch failed'),
  );
  const late = items.slice(granted).map(({ target }) => failed(target, pushError(23008)));
  const results = Object.fromEntries([...entries, ...late].map((entry) => [entry.target, entry]));
  const limited = { rate_limit_occurred: true, message: 'The remaining targets were not tried' };
  return { results, ...(granted < items.length && { rate_limit_info: limited }) };
}

function readItems(request: FastifyRequest): readonly Item[] {
  const { requests } = readJsonObject(request);
  if (requests === undefined || requests === null) throw pushError(21002, 'requests');
  if (!Array.isArray(requests)) throw pushError(21016, 'requests is not an array');
  if (requests.length === 0) throw pushError(21003, 'requests is empty');
  if (requests.length > MAX_ITEMS) throw pushError(21003, `requests holds more than ${MAX_ITEMS} items`);
  const seen = new Set<string>();
  return requests.map((body, index) => {
    if (!isObject(body)) throw pushError(21016, `requests[${index}] is not an object`);
    const { target } = body;
    if (typeof target !== 'string' || target === '') throw pushError(21002, `requests[${index}].target`);
    if (seen.has(target)) throw pushError(21003, `requests[${index}].target is a duplicate`);
    seen.add(target);
    return { target, body };
  });
}

/** Every item gets an answer, also when the time runs out or the database goes away meanwhile. */
async function pushAll(
  room: PushRoom,
  app: PushApp,
  by: By,
  items: readonly Item[],
  onFault: (error: unknown) => void,
): Promise<readonly Entry[]> {
  const stopAt = performance.now() + ANSWER_MS;
  const entries: Entry[] = [];
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index] as Item;
      const isLate = performance.now() >= stopAt;
      entries[index] = isLate ? failed(item.target, notTried()) : await pushOne(room, app, by, item, index, onFault);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return entries;
}

const notTried = () => pushError(21030, 'this item was not tried: send it again');

async function pushOne(
  room: PushRoom,
  app: PushApp,
  by: By,
  { target, body }: Item,
  index: number,
  onFault: (error: unknown) => void,
): Promise<Entry> {
  try {
    const push = parseBatchItem(body, by, target, `requests[${index}]`);
    const key = repeatKey(push.message.options.cid);
    const { msg_id } = await once(room.db, `app:${app.app_id}`, key, async (trx) => {
      const id = await acceptPush(room, trx, app, push);
      return { msg_id: String(id) };
    });
    return { target, success: true, msg_id: Number(msg_id) };
  } catch (error) {
    const known = knownError(error);
    if (!known) onFault(error);
    return failed(target, known ?? pushError(27000));
  }
}

function failed(target: string, error: AppError): Entry {
  return { target, success: false, error: errorEntry(error) };
}
