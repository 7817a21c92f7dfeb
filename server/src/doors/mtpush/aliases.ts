// /aliases: the one device that answers to a name.

import { clearAlias } from '../../push/audience/devices.ts';
import { findByAlias } from '../../push/audience/labels.ts';
import type { PushRoom } from '../../push/room.ts';
import { AliasAnswer, Done, done } from './answers.ts';
import { param, queryPlatforms } from './input.ts';
import type { AddRoute } from './route.ts';

export function aliasRoutes(add: AddRoute, room: PushRoom): void {
  add({
    method: 'GET',
    url: '/aliases/:alias',
    auth: 'app',
    answer: AliasAnswer,
    async run({ app: { app_id }, request }) {
      const ids = await findByAlias(room.db, app_id, param(request, 'alias'), queryPlatforms(request));
      return { registration_ids: ids };
    },
  });

  add({
    method: 'DELETE',
    url: '/aliases/:alias',
    auth: 'app',
    answer: Done,
    async run({ app: { app_id }, request }) {
      await clearAlias(room.db, app_id, param(request, 'alias'), queryPlatforms(request));
      return done;
    },
  });
}
