// Tags and aliases in the bodies of requests.

import type { DeviceChange } from '../../../push/audience/devices.ts';
import { checkLabel, LABEL_BYTES, type TagChange } from '../../../push/audience/labels.ts';
import { bytesOf, Fields, type JsonObject } from '../../../push/fields.ts';
import { refuse } from '../../../push/refusals.ts';

const MAX_TAGS_PER_CALL = 100;
const MAX_IDS_PER_CALL = 1000;
const MAX_LIST_BYTES = 1000;

/** `"tags":""` clears all tags, `"alias":""` removes the alias, null leaves either alone. */
export function parseDeviceChange(input: JsonObject): DeviceChange {
  const fields = new Fields(input, '');
  const clearTags = input.tags === '';
  const tags = clearTags ? undefined : fields.nested('tags');
  const alias = fields.text('alias', LABEL_BYTES);
  return {
    clearTags,
    removeTags: tags ? readTags(tags, 'remove') : [],
    addTags: tags ? readTags(tags, 'add') : [],
    alias: alias === undefined ? undefined : checkLabel(alias, 'alias'),
  };
}

function readTags(tags: Fields, key: string): readonly string[] {
  const names = tags.list(key, MAX_TAGS_PER_CALL, LABEL_BYTES) ?? [];
  const bytes = names.reduce((sum, name) => sum + bytesOf(name), 0);
  if (bytes > MAX_LIST_BYTES) throw refuse('field_invalid', `${tags.at(key)} is longer than ${MAX_LIST_BYTES} bytes`);
  return names.map((name) => checkLabel(name, tags.at(key)));
}

export function parseTagChange(input: JsonObject): TagChange {
  const ids = new Fields(input, '').nested('registration_ids');
  if (!ids) throw refuse('field_missing', 'registration_ids');
  return {
    add: ids.list('add', MAX_IDS_PER_CALL, LABEL_BYTES) ?? [],
    remove: ids.list('remove', MAX_IDS_PER_CALL, LABEL_BYTES) ?? [],
  };
}
