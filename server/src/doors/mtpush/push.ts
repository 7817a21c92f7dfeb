// /push, /push/validate and /push/withdraw: one message for one app.

import { acceptPush, checkPush } from '../../push/message/accept.ts';
import { once, repeatKey } from '../../push/message/repeat.ts';
import { skippedOf } from '../../push/message/skipped.ts';
import { reserveMsgId } from '../../push/message/store-message.ts';
import { withdrawMessage } from '../../push/message/withdraw.ts';
import type { PushRoom } from '../../push/room.ts';
import { PushAnswer } from './answers.ts';
import { parseMsgId } from './dialect/msg-id.ts';
import { pushError } from './dialect/numbers.ts';
import { parseRequest } from './dialect/request.ts';
import { param, readJson } from './input.ts';
import type { AddRoute } from './route.ts';

const MAX_BODY_BYTES = 2 * 1024 * 1024;

export function pushRoutes(add: AddRoute, room: PushRoom): void {
  add({
    method: 'POST',
    url: '/push',
    auth: 'push',
    maxBodyBytes: MAX_BODY_BYTES,
    answer: PushAnswer,
    async run({ app, request }) {
      const push = parseRequest(readJson(request));
      const { request_id, message } = push;
      return once(room.db, `app:${app.app_id}`, repeatKey(message.options.cid), async (trx) => {
        const msg_id = await acceptPush(room, trx, app, push);
        return { request_id, msg_id: String(msg_id), ...skippedOf(room.transports, app, message) };
      });
    },
  });

  add({
    method: 'POST',
    url: '/push/validate',
    auth: 'push',
    maxBodyBytes: MAX_BODY_BYTES,
    answer: PushAnswer,
    async run({ app, request }) {
      const push = parseRequest(readJson(request));
      await checkPush(room, room.db, app, push);
      const msg_id = String(await reserveMsgId(room.db));
      return { request_id: push.request_id, msg_id, ...skippedOf(room.transports, app, push.message) };
    },
  });

  add({
    method: 'DELETE',
    url: '/push/withdraw/:msg_id',
    auth: 'push',
    answer: PushAnswer,
    async run({ app, request }) {
      const msg_id = param(request, 'msg_id');
      const id = parseMsgId(msg_id);
      if (id === undefined) throw pushError(21003, 'msg_id not exist: not a number');
      await withdrawMessage(room, app, id);
      return { request_id: '', msg_id };
    },
  });
}
