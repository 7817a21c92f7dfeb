// /attention: does anything need me?

import { AcknowledgeMatter, Attention, Matter, ReadAttention } from '@overair/protocol/manage/attention';
import { findGrant } from '../../accounts/permissions.ts';
import { acknowledge } from '../../attention/acknowledge.ts';
import { listAttention } from '../../attention/list-attention.ts';
import type { AttentionRoom } from '../../attention/room.ts';
import { cannotAccessApp } from '../../releases/errors.ts';
import type { AddRoute } from './route.ts';

export function attentionRoutes(add: AddRoute, room: AttentionRoom): void {
  add({
    method: 'GET',
    url: '/attention',
    summary: 'What needs the caller, the most urgent first; of one app where it is named',
    auth: 'key',
    input: ReadAttention,
    answer: Attention,
    async run({ db, caller, input: { app_id } }) {
      const isUnseen = app_id !== undefined && !(await findGrant(db, caller, { app_id }));
      if (isUnseen) throw cannotAccessApp({ app_id });
      return listAttention(room, caller, app_id);
    },
  });

  add({
    method: 'POST',
    url: '/attention/acknowledge',
    summary: 'Say that somebody looks after a matter: it counts for nobody any more until it is over',
    auth: 'key',
    reads: 'json',
    input: AcknowledgeMatter,
    answer: Matter,
    run: ({ caller, input: { id } }) => acknowledge(room, caller, id),
  });
}
