// /tags: the labels of an app's devices, who has them, and how many of them there may be.

import type { FastifyInstance } from 'fastify';
import { changeTag, countTags, deleteTag, describeQuota, hasTag, listTags } from '../../push/audience/labels.ts';
import type { PushRoom } from '../../push/room.ts';
import type { Access } from './access.ts';
import { Done, done, TagCounts, TagList, TagMembership, TagQuota } from './answers.ts';
import { parseTagChange } from './dialect/labels.ts';
import { pushError } from './dialect/numbers.ts';
import { param, queryList, queryPlatforms, readJsonObject } from './input.ts';

const MAX_COUNTED_TAGS = 1000;

export function tagRoutes(scope: FastifyInstance, room: PushRoom, access: Access): void {
  scope.get('/tags', { schema: { response: { 200: TagList } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    return { tags: await listTags(room.db, app_id) };
  });

  scope.post('/tags/:tag', { schema: { response: { 200: Done } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    await changeTag(room.db, app_id, param(request, 'tag'), parseTagChange(readJsonObject(request)));
    return done;
  });

  scope.delete('/tags/:tag', { schema: { response: { 200: Done } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    await deleteTag(room.db, app_id, param(request, 'tag'), queryPlatforms(request));
    return done;
  });

  const membership = { response: { 200: TagMembership } };
  scope.get('/tags/:tag/registration_ids/:registration_id', { schema: membership }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    return { result: await hasTag(room.db, app_id, param(request, 'tag'), param(request, 'registration_id')) };
  });

  scope.get('/tags_count', { schema: { response: { 200: TagCounts } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    const tags = queryList(request, 'tags', MAX_COUNTED_TAGS);
    if (tags.length === 0) throw pushError(21002, 'tags');
    return { tagsCount: await countTags(room.db, app_id, tags, queryPlatforms(request)) };
  });

  scope.get('/tags/quota-info', { schema: { response: { 200: TagQuota } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    const tags = queryList(request, 'tags', MAX_COUNTED_TAGS);
    return { data: await describeQuota(room.db, app_id, tags, queryPlatforms(request)) };
  });
}
