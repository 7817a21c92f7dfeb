// /push, /push/validate and /push/withdraw: one message for one app.

import type { FastifyInstance } from 'fastify';
import { acceptPush, checkPush } from '../../push/message/accept.ts';
import { once, repeatKey } from '../../push/message/repeat.ts';
import { skippedOf } from '../../push/message/skipped.ts';
import { reserveMsgId } from '../../push/message/store-message.ts';
import { withdrawMessage } from '../../push/message/withdraw.ts';
import type { PushRoom } from '../../push/room.ts';
import type { Access } from './access.ts';
import { PushAnswer } from './answers.ts';
import { parseMsgId } from './dialect/msg-id.ts';
import { pushError } from './dialect/numbers.ts';
import { parseRequest } from './dialect/request.ts';
import { param, readJson } from './input.ts';

const bodyLimit = 2 * 1024 * 1024;
const schema = { response: { 200: PushAnswer } };

export function pushRoutes(scope: FastifyInstance, room: PushRoom, access: Access): void {
  scope.post('/push', { bodyLimit, schema }, async (request, reply) => {
    const { app } = await access.pusher(request, reply);
    const push = parseRequest(readJson(request));
    const { request_id, message } = push;
    return once(room.db, `app:${app.app_id}`, repeatKey(message.options.cid), async (trx) => {
      const msg_id = await acceptPush(room, trx, app, push);
      return { request_id, msg_id: String(msg_id), ...skippedOf(room.transports, app, message) };
    });
  });

  scope.post('/push/validate', { bodyLimit, schema }, async (request, reply) => {
    const { app } = await access.pusher(request, reply);
    const push = parseRequest(readJson(request));
    await checkPush(room, room.db, app, push);
    const msg_id = String(await reserveMsgId(room.db));
    return { request_id: push.request_id, msg_id, ...skippedOf(room.transports, app, push.message) };
  });

  scope.delete('/push/withdraw/:msg_id', { schema }, async (request, reply) => {
    const { app } = await access.pusher(request, reply);
    const msg_id = param(request, 'msg_id');
    const id = parseMsgId(msg_id);
    if (id === undefined) throw pushError(21003, 'msg_id not exist: not a number');
    await withdrawMessage(room, app, id);
    return { request_id: '', msg_id };
  });
}
