// /tags: the labels of an app's devices, who has them, and how many of them there may be.

import { changeTag, countTags, deleteTag, describeQuota, hasTag, listTags } from '../../push/audience/labels.ts';
import type { PushRoom } from '../../push/room.ts';
import { Done, done, TagCounts, TagList, TagMembership, TagQuota } from './answers.ts';
import { parseTagChange } from './dialect/labels.ts';
import { pushError } from './dialect/numbers.ts';
import { param, queryList, queryPlatforms, readJsonObject } from './input.ts';
import type { AddRoute } from './route.ts';

const MAX_COUNTED_TAGS = 1000;

export function tagRoutes(add: AddRoute, room: PushRoom): void {
  add({
    method: 'GET',
    url: '/tags',
    auth: 'app',
    answer: TagList,
    async run({ app: { app_id } }) {
      return { tags: await listTags(room.db, app_id) };
    },
  });

  add({
    method: 'POST',
    url: '/tags/:tag',
    auth: 'app',
    answer: Done,
    async run({ app: { app_id }, request }) {
      await changeTag(room.db, app_id, param(request, 'tag'), parseTagChange(readJsonObject(request)));
      return done;
    },
  });

  add({
    method: 'DELETE',
    url: '/tags/:tag',
    auth: 'app',
    answer: Done,
    async run({ app: { app_id }, request }) {
      await deleteTag(room.db, app_id, param(request, 'tag'), queryPlatforms(request));
      return done;
    },
  });

  add({
    method: 'GET',
    url: '/tags/:tag/registration_ids/:registration_id',
    auth: 'app',
    answer: TagMembership,
    async run({ app: { app_id }, request }) {
      return { result: await hasTag(room.db, app_id, param(request, 'tag'), param(request, 'registration_id')) };
    },
  });

  add({
    method: 'GET',
    url: '/tags_count',
    auth: 'app',
    answer: TagCounts,
    async run({ app: { app_id }, request }) {
      const tags = queryList(request, 'tags', MAX_COUNTED_TAGS);
      if (tags.length === 0) throw pushError(21002, 'tags');
      return { tagsCount: await countTags(room.db, app_id, tags, queryPlatforms(request)) };
    },
  });

  add({
    method: 'GET',
    url: '/tags/quota-info',
    auth: 'app',
    answer: TagQuota,
    async run({ app: { app_id }, request }) {
      const tags = queryList(request, 'tags', MAX_COUNTED_TAGS);
      return { data: await describeQuota(room.db, app_id, tags, queryPlatforms(request)) };
    },
  });
}
