// /apikey: the caller's own keys. Only a key with every right of its owner manages keys.

import {
  ApiKey,
  ApiKeyDeleted,
  ApiKeyList,
  ApiKeyWithSecret,
  CreateApiKey,
  ListApiKeys,
  UpdateApiKey,
} from '@overair/protocol/manage/apikey';
import { Type } from 'typebox';
import { createKey, deleteKey, findKey, listKeys, updateKey } from '../../accounts/api-keys.ts';
import { type Caller, isUnrestricted } from '../../accounts/caller.ts';
import { AppError } from '../../errors.ts';
import type { AddRoute } from './route.ts';

const KeyPath = Type.Object({ id: Type.String() });
const settings = [
  'name',
  'expires_at',
  'regenerate',
  'mode',
  'limited_to_apps',
  'limited_to_orgs',
  'limited_to_channels',
  'bindings',
  'global_permissions',
] as const;

export const onlyUnrestricted = (code: string, status: number, message: string) => (caller: Caller) => {
  if (!isUnrestricted(caller)) throw new AppError(code, status, message);
};

function assertId(id: string): void {
  const isPossible = /^\d{1,15}$/.test(id) || /^[A-Za-z0-9._:-]{8,256}$/.test(id);
  if (!isPossible) throw new AppError('invalid_id_format', 400, 'The id must be a number or a key');
}

export function apikeyRoutes(add: AddRoute): void {
  add({
    method: 'GET',
    url: '/apikey',
    summary: 'List your keys, without their values',
    auth: 'session-or-key',
    input: ListApiKeys,
    admit: onlyUnrestricted('cannot_list_apikeys', 401, 'This key cannot list API keys'),
    answer: ApiKeyList,
    run: ({ db, caller, input: { page = 0 } }) => listKeys(db, caller, page),
  });

  add({
    method: 'GET',
    url: '/apikey/:id',
    summary: 'Read one key, without its value',
    auth: 'session-or-key',
    input: KeyPath,
    admit: onlyUnrestricted('cannot_get_apikey', 401, 'This key cannot read API keys'),
    answer: ApiKey,
    async run({ db, caller, input: { id } }) {
      assertId(id);
      const key = await findKey(db, caller, id);
      if (!key) throw new AppError('failed_to_get_apikey', 404, 'Failed to get API key');
      return key;
    },
  });

  add({
    method: 'POST',
    url: '/apikey',
    summary: 'Create a key; the only time its value is shown',
    auth: 'session-or-key',
    isDangerous: true,
    reads: 'json',
    input: CreateApiKey,
    admit: onlyUnrestricted('cannot_create_apikey', 400, 'API keys cannot create other API keys'),
    answer: ApiKeyWithSecret,
    run: ({ db, caller, actor, input }) => createKey(db, caller, actor, input),
  });

  for (const url of ['/apikey/:id', '/apikey']) {
    add({
      method: 'PUT',
      url,
      summary: 'Change a key, or give it a new value with regenerate',
      auth: 'session-or-key',
      isDangerous: true,
      reads: 'json',
      input: UpdateApiKey,
      admit: onlyUnrestricted('cannot_update_apikey', 401, 'This key cannot change API keys'),
      answer: ApiKeyWithSecret,
      async run({ db, caller, actor, input: { id, ...change } }) {
        if (id === undefined) throw new AppError('api_key_id_required', 400, 'API key ID is required');
        assertId(String(id));
        if (!settings.some((name) => change[name] !== undefined)) {
          throw new AppError('no_valid_fields_provided_for_update', 400, 'No valid fields provided for update');
        }
        return updateKey(db, caller, actor, String(id), change);
      },
    });
  }

  add({
    method: 'DELETE',
    url: '/apikey/:id',
    summary: 'Revoke a key at once',
    auth: 'session-or-key',
    isDangerous: true,
    input: KeyPath,
    isBodyOptional: true,
    admit: onlyUnrestricted('cannot_delete_apikey', 401, 'This key cannot delete API keys'),
    answer: ApiKeyDeleted,
    async run({ db, caller, actor, input: { id } }) {
      assertId(id);
      await deleteKey(db, caller, actor, id);
      return { status: 'ok', success: true } as const;
    },
  });
}
