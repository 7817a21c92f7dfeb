// Registers phones and browsers: the same address is the same device, and one that proves itself may move.

import { createHash } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { Schema } from '../../db/schema.ts';
import type { PushChannel, PushPlatform } from '../../db/tables/push.ts';
import type { Vault } from '../../secrets.ts';
import { newDeviceSecret, newRegistrationId } from '../owner/identifiers.ts';
import type { DeviceFacts } from '../transports/device-facts.ts';
import { sealAddress } from '../transports/sealed-address.ts';
import type { Address } from '../transports/transport.ts';
import { findDeviceSecret, noteActive, secretPurpose } from './devices.ts';

/** A device and where it is reached. */
export interface Registration {
  readonly platform: PushPlatform;
  readonly channel: PushChannel;
  readonly address: Address;
  /** What it says about itself. */
  readonly facts: DeviceFacts;
}

interface Registered {
  readonly id: number;
  readonly registration_id: string;
  readonly is_new: boolean;
  /** Present when the caller has to keep a new one. */
  readonly device_secret: string | undefined;
}

const hashTarget = (address: string): string => createHash('sha256').update(address).digest('hex');

/** What a client may show for itself besides its address. */
interface Claim {
  /** Proves nothing by itself: a wrong secret makes a new registration. */
  readonly known?: { readonly registration_id: string; readonly device_secret: string } | undefined;
  /** A `device_id` alone says which phone it is. Only where clients may label themselves: tags and alias come with it. */
  readonly byDeviceId?: boolean;
}

/**
 * Registers or refreshes a device. The same address is the same device; with a known id and its secret the device
 * moves to a new address, and so does the phone of a `device_id` whose provider gave it another token.
 */
export async function registerDevice(
  db: Db,
  vault: Vault,
  app_id: string,
  registration: Registration,
  { known, byDeviceId = false }: Claim = {},
): Promise<Registered> {
  const proven = known && (await findProven(db, vault, app_id, known));
  return db.transaction().execute(async (trx) => {
    const target_hash = hashTarget(registration.address.identity);
    const present = await trx
      .selectFrom('push_devices')
      .select(['id', 'registration_id'])
      .where('app_id', '=', app_id)
      .where('target_hash', '=', target_hash)
      .forUpdate()
      .executeTakeFirst();
    const phones = byDeviceId ? await lockPhones(trx, app_id, registration) : [];
    const same = proven ?? phones[0] ?? present;
    // Other rows with the address or the id are the same device from before.
    const stale = [...phones, ...(present ? [present] : [])].flatMap(({ id }) => (id === same?.id ? [] : [id]));
    if (stale.length > 0) {
      await trx.deleteFrom('push_devices').where('app_id', '=', app_id).where('id', 'in', stale).execute();
    }
    const device_secret = proven ? undefined : newDeviceSecret();
    const values = {
      ...registration.facts,
      ...registration.address.facts,
      platform: registration.platform,
      channel: registration.channel,
      sealed: sealAddress(vault, app_id, registration.address.secret),
      target_hash,
      active: true,
      inactive_reason: null,
      inactive_at: null,
      registered_at: new Date(),
      last_seen_at: new Date(),
      active_hour: new Date().getUTCHours(),
      ...(device_secret !== undefined && { secret_sealed: vault.seal(device_secret, secretPurpose(app_id)) }),
    };
    const row = same ? await refresh(trx, app_id, same.id, values) : await insertDevice(trx, app_id, values);
    await noteActive(trx, app_id, row.id);
    return { ...row, is_new: !same, device_secret };
  });
}

/** The rows of the phone that the registration names, the last registered first. */
async function lockPhones(trx: Transaction<Schema>, app_id: string, { facts, platform, channel }: Registration) {
  if (!facts.device_id) return [];
  return trx
    .selectFrom('push_devices')
    .select(['id', 'registration_id'])
    .where('app_id', '=', app_id)
    .where('device_id', '=', facts.device_id)
    .where('platform', '=', platform)
    .where('channel', '=', channel)
    .orderBy('registered_at', 'desc')
    .forUpdate()
    .execute();
}

type Values = DeviceFacts & {
  platform: PushPlatform;
  channel: PushChannel;
  sealed: string;
  target_hash: string;
};

async function refresh(trx: Transaction<Schema>, app_id: string, id: number, values: Values) {
  return trx
    .updateTable('push_devices')
    .set(values)
    .where('app_id', '=', app_id)
    .where('id', '=', id)
    .returning(['id', 'registration_id'])
    .executeTakeFirstOrThrow();
}

async function insertDevice(trx: Transaction<Schema>, app_id: string, values: Values) {
  return (
    trx
      .insertInto('push_devices')
      .values({ ...values, app_id, registration_id: newRegistrationId() })
      // Two registrations of one address at the same moment are one device.
      .onConflict((conflict) =>
        conflict.columns(['app_id', 'target_hash']).where('target_hash', 'is not', null).doUpdateSet(values),
      )
      .returning(['id', 'registration_id'])
      .executeTakeFirstOrThrow()
  );
}

async function findProven(
  db: Db,
  vault: Vault,
  app_id: string,
  known: { registration_id: string; device_secret: string },
): Promise<{ id: number; registration_id: string } | undefined> {
  const row = await findDeviceSecret(db, vault, app_id, known.registration_id);
  return row && row.device_secret === known.device_secret ? row : undefined;
}
