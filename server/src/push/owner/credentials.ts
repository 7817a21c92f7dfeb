// The credentials of an app's push services: what an owner may store, checked before it is sealed.

import { createPrivateKey } from 'node:crypto';
import type { Db } from '../../db/database.ts';
import type { PushChannel } from '../../db/tables/push.ts';
import { AppError } from '../../errors.ts';
import { refuseUrl } from '../../net/safe-connect.ts';
import type { Vault } from '../../secrets.ts';
import { forgetServices } from '../delivery/services.ts';
import { pushError } from '../message/errors.ts';
import { Fields, type JsonObject } from '../message/fields.ts';
import { newVapidKeys, refuseVapidKeys, type VapidKeys } from '../transports/vapid.ts';

interface WebPushCredential {
  readonly public_key: string;
  readonly private_key: string;
  /** `mailto:` or `https:` contact for the push services. */
  readonly subject: string;
  /** Hosts accepted besides the browsers' own; `*` accepts any public host. */
  readonly hosts: readonly string[];
  /** PEM of a certificate authority that the endpoints' servers use. */
  readonly ca: string | undefined;
}

interface FcmCredential {
  readonly project_id: string;
  readonly client_email: string;
  readonly private_key: string;
  readonly private_key_id: string;
  readonly token_uri: string;
  readonly base_url: string;
  readonly ca: string | undefined;
}

interface ApnsCredential {
  readonly p8: string;
  readonly key_id: string;
  readonly team_id: string;
  readonly bundle_id: string;
  readonly production_url: string;
  readonly sandbox_url: string;
  readonly ca: string | undefined;
}

export interface Credentials {
  readonly webpush: WebPushCredential;
  readonly fcm: FcmCredential;
  readonly apns: ApnsCredential;
}

export const credentialPurpose = (app_id: string, channel: PushChannel): string =>
  `push-credential:${app_id}:${channel}`;

/** Checks an owner's input. Throws 21002 or 21003 with the field's name; never repeats a secret. */
export function parseCredential<C extends PushChannel>(
  channel: C,
  input: JsonObject,
  allowPrivate: boolean,
): Credentials[C] {
  const fields = new Fields(input, '');
  const parsers = { webpush: parseWebPush, fcm: parseFcm, apns: parseApns };
  return parsers[channel](fields, allowPrivate) as Credentials[C];
}

function parseWebPush(fields: Fields): WebPushCredential {
  const given = { public_key: fields.text('public_key'), private_key: fields.text('private_key') };
  const keys =
    given.public_key && given.private_key
      ? { public_key: given.public_key, private_key: given.private_key }
      : newVapidKeys();
  const wrong = refuseVapidKeys(keys);
  if (wrong) throw pushError(21003, wrong);
  const subject = fields.text('subject', 255);
  if (!subject || !/^(mailto:[^@\s]+@[^@\s]+|https:\/\/\S+)$/.test(subject) || /localhost/.test(subject)) {
    throw pushError(21003, 'subject is not a mailto: or https: contact');
  }
  return { ...keys, subject, hosts: fields.list('hosts', 50, 255) ?? [], ca: fields.text('ca', 65_536) };
}

function parseFcm(fields: Fields, allowPrivate: boolean): FcmCredential {
  const account = fields.nested('service_account') ?? fields;
  const credential = {
    project_id: demand(account, 'project_id'),
    client_email: demand(account, 'client_email'),
    private_key: demand(account, 'private_key'),
    private_key_id: account.text('private_key_id') ?? '',
    token_uri: httpsUrl(account, 'token_uri', 'https://oauth2.googleapis.com/token', allowPrivate),
    base_url: httpsUrl(fields, 'base_url', 'https://fcm.googleapis.com', allowPrivate),
    ca: fields.text('ca', 65_536),
  };
  refuseKey(credential.private_key, 'rsa', account.at('private_key'));
  return credential;
}

function parseApns(fields: Fields, allowPrivate: boolean): ApnsCredential {
  const credential = {
    p8: demand(fields, 'p8'),
    key_id: demand(fields, 'key_id'),
    team_id: demand(fields, 'team_id'),
    bundle_id: demand(fields, 'bundle_id'),
    production_url: httpsUrl(fields, 'production_url', 'https://api.push.apple.com', allowPrivate),
    sandbox_url: httpsUrl(fields, 'sandbox_url', 'https://api.sandbox.push.apple.com', allowPrivate),
    ca: fields.text('ca', 65_536),
  };
  refuseKey(credential.p8, 'ec', 'p8');
  return credential;
}

function demand(fields: Fields, key: string): string {
  const value = fields.text(key, 16_384);
  if (!value) throw pushError(21002, fields.at(key));
  return value;
}

function httpsUrl(fields: Fields, key: string, fallback: string, allowPrivate: boolean): string {
  const value = fields.text(key, 1024) || fallback;
  const wrong = refuseUrl(value, { allowPrivate });
  if (wrong) throw pushError(21003, `${fields.at(key)} ${wrong}`);
  return value.replace(/\/+$/, '');
}

function refuseKey(pem: string, type: 'rsa' | 'ec', at: string): void {
  try {
    if (createPrivateKey(pem).asymmetricKeyType === type) return;
  } catch {
    // Falls through: the reason would repeat parts of the key.
  }
  throw pushError(21003, `${at} is not a PKCS#8 private key of type ${type}`);
}

/** What pages may show of a credential. */
function describeCredential(channel: PushChannel, credential: Credentials[PushChannel]): JsonObject {
  const { private_key: _key, p8: _p8, ca, ...shown } = credential as unknown as JsonObject;
  return { ...shown, has_ca: ca !== undefined, channel };
}

/**
 * The key pair in use: it stays when an owner changes the rest, since every subscription is bound to it.
 * Throws 409 when it was sealed with another server secret: to make a new one would be to lose the subscriptions.
 */
export async function findVapidKeys(db: Db, vault: Vault, app_id: string): Promise<VapidKeys | undefined> {
  const row = await db
    .selectFrom('push_credentials')
    .select('sealed')
    .where('app_id', '=', app_id)
    .where('channel', '=', 'webpush')
    .executeTakeFirst();
  if (!row) return undefined;
  const { public_key, private_key } = JSON.parse(openSealed(vault, row.sealed, app_id)) as VapidKeys;
  return { public_key, private_key };
}

function openSealed(vault: Vault, sealed: string, app_id: string): string {
  try {
    return vault.open(sealed, credentialPurpose(app_id, 'webpush'));
  } catch (cause) {
    const message =
      "The stored key pair cannot be read: was the server's secret changed? Bring that back, pass the key pair, or delete this credential first, which ends all subscriptions";
    throw new AppError('credential_unreadable', 409, message, {}, { cause });
  }
}

/** Stores or replaces a credential; a pause because of the old one ends. */
export async function saveCredential<C extends PushChannel>(
  db: Db,
  vault: Vault,
  app_id: string,
  channel: C,
  credential: Credentials[C],
): Promise<void> {
  const row = {
    sealed: vault.seal(JSON.stringify(credential), credentialPurpose(app_id, channel)),
    details: JSON.stringify(describeCredential(channel, credential)),
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
