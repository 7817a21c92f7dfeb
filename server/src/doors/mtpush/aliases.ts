// /aliases: the one device that answers to a name.

import type { FastifyInstance } from 'fastify';
import { clearAlias } from '../../push/audience/devices.ts';
import { findByAlias } from '../../push/audience/labels.ts';
import type { PushRoom } from '../../push/room.ts';
import type { Access } from './access.ts';
import { AliasAnswer, Done, done } from './answers.ts';
import { param, queryPlatforms } from './input.ts';

export function aliasRoutes(scope: FastifyInstance, room: PushRoom, access: Access): void {
  scope.get('/aliases/:alias', { schema: { response: { 200: AliasAnswer } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    const ids = await findByAlias(room.db, app_id, param(request, 'alias'), queryPlatforms(request));
    return { registration_ids: ids };
  });

  scope.delete('/aliases/:alias', { schema: { response: { 200: Done } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    await clearAlias(room.db, app_id, param(request, 'alias'), queryPlatforms(request));
    return done;
  });
}
