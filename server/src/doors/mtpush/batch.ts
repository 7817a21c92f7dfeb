// /batch/push: up to 500 messages of their own, each for one registration id or alias.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { acceptPush } from '../../push/accept.ts';
import type { PushApp } from '../../push/apps.ts';
import { pushCodeOf, pushError } from '../../push/errors.ts';
import { isObject, type JsonObject } from '../../push/fields.ts';
import { once, repeatKey } from '../../push/repeat.ts';
import { parseBatchItem } from '../../push/request.ts';
import type { PushRoom } from '../../push/room.ts';
import type { Access } from './access.ts';
import { BatchAnswer } from './answers.ts';
import { readJsonObject } from './input.ts';

const bodyLimit = 8 * 1024 * 1024;
const MAX_ITEMS = 500;

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

export function batchRoutes(scope: FastifyInstance, room: PushRoom, access: Access): void {
  const schema = { response: { 200: BatchAnswer } };
  const handle = (by: By) => (request: FastifyRequest, reply: FastifyReply) =>
    pushBatch(room, access, by, request, reply);
  scope.post('/batch/push/regid', { bodyLimit, schema }, handle('registration_id'));
  scope.post('/batch/push/alias', { bodyLimit, schema }, handle('alias'));
}

async function pushBatch(room: PushRoom, access: Access, by: By, request: FastifyRequest, reply: FastifyReply) {
  let items: readonly Item[] = [];
  const { app, granted } = await access.pusher(request, reply, () => {
    items = readItems(request);
    return items.length;
  });
  const results: Record<string, Entry> = {};
  for (const [index, item] of items.entries()) {
    results[item.target] =
      index < granted ? await pushOne(room, app, by, item, index) : failed(item.target, pushError(23008));
  }
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

async function pushOne(room: PushRoom, app: PushApp, by: By, { target, body }: Item, index: number): Promise<Entry> {
  try {
    const push = parseBatchItem(body, by, target, `requests[${index}]`);
    const key = repeatKey(push.message.options.cid, '');
    const { msg_id } = await once(room.db, `app:${app.app_id}`, key, async (trx) => {
      const id = await acceptPush(room, trx, app, push);
      return { request_id: '', msg_id: String(id) };
    });
    return { target, success: true, msg_id: Number(msg_id) };
  } catch (error) {
    if (pushCodeOf(error) === undefined) throw error;
    return failed(target, error as Error);
  }
}

function failed(target: string, error: Error): Entry {
  return { target, success: false, error: { code: pushCodeOf(error) ?? 27000, message: error.message } };
}
