// The credentials of an app's push services: what an owner may store, checked before it is sealed.

import type { Db } from '../../db/database.ts';
import type { PushChannel } from '../../db/tables/push.ts';
import { AppError } from '../../errors.ts';
import type { Vault } from '../../secrets.ts';
import { forgetServices } from '../delivery/services.ts';
import { Fields, type JsonObject } from '../fields.ts';
import type { Transport } from '../transports/transport.ts';

export const credentialPurpose = (app_id: string, channel: PushChannel): string =>
  `push-credential:${app_id}:${channel}`;

/** Checks an owner's input. Throws `field_missing` or `field_invalid` with the field's name; never repeats a secret. */
export function parseCredential(transport: Transport, input: JsonObject, allowPrivate: boolean): unknown {
  return transport.parseCredential(new Fields(input, ''), allowPrivate);
}

/** What pages may show of a credential. */
function describeCredential({ name, secretFields }: Transport, credential: JsonObject): JsonObject {
  const shown = Object.entries(credential).filter(([field]) => field !== 'ca' && !secretFields.includes(field));
  return { ...Object.fromEntries(shown), has_ca: credential.ca !== undefined, channel: name };
}

/**
 * The fields of the stored credential that stay when an owner changes the rest, unless the owner gives all of them anew.
 * Throws 409 when it was sealed with another server secret: to make new ones would be to lose the registrations that hang on them.
 */
export async function findKeptFields(
  db: Db,
  vault: Vault,
  app_id: string,
  { name, keptFields = [] }: Transport,
  input: JsonObject,
): Promise<JsonObject> {
  if (keptFields.every((field) => input[field] !== undefined)) return {};
  const row = await db
    .selectFrom('push_credentials')
    .select('sealed')
    .where('app_id', '=', app_id)
    .where('channel', '=', name)
    .executeTakeFirst();
  if (!row) return {};
  const stored = openSealed(vault, row.sealed, credentialPurpose(app_id, name));
  return Object.fromEntries(keptFields.map((field) => [field, stored[field]]));
}

function openSealed(vault: Vault, sealed: string, purpose: string): JsonObject {
  try {
    return JSON.parse(vault.open(sealed, purpose)) as JsonObject;
  } catch (cause) {
    const message =
      "The stored key pair cannot be read: was the server's secret changed? Bring that back, pass the key pair, or delete this credential first, which ends all subscriptions";
    throw new AppError('credential_unreadable', 409, message, {}, { cause });
  }
}

/** Stores or replaces a credential; a pause because of the old one ends. */
export async function saveCredential(
  db: Db,
  vault: Vault,
  app_id: string,
  transport: Transport,
  credential: unknown,
): Promise<void> {
  const channel = transport.name;
  const row = {
    sealed: vault.seal(JSON.stringify(credential), credentialPurpose(app_id, channel)),
    details: JSON.stringify(describeCredential(transport, credential as JsonObject)),
    token_sealed: null,
    token_at: null,
    failure: null,
    paused_until: null,
    updated_at: new Date(),
  };
  await forgetServices(db, app_id, channel);
  await db
    .insertInto('push_credentials')
    .values({ app_id, channel, ...row })
    .onConflict((conflict) => conflict.columns(['app_id', 'channel']).doUpdateSet(row))
    .execute();
}
