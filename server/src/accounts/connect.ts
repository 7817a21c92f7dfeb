// Signing in a program by its owner's approval in a browser: the device authorization of RFC 8628, with API keys as tokens.

import { randomBytes, randomInt } from 'node:crypto';
import type { ApproveConnect, AskToConnect, ConnectedKey } from '@overair/protocol/manage/connect';
import { type Selectable, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { ConnectRequestsTable } from '../db/tables/connect.ts';
import { AppError } from '../errors.ts';
import { hashSecret, type Vault } from '../secrets.ts';
import { addKey, organizationsReached } from './api-keys.ts';
import { recordChange } from './audit.ts';
import { type Actor, type Caller, systemActor } from './caller.ts';
import { stripTags } from './plain-text.ts';

/** RFC 8628, 6.1: consonants look different from each other and make no words; 20^8 codes are too many to guess. */
const CODE_LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const CODE_LENGTH = 8;
const LIFETIME_SECONDS = 600;
const INTERVAL_SECONDS = 2;
/** RFC 8628, 3.5. */
const SLOW_DOWN_SECONDS = 5;
/** Network jitter: a poll may arrive this much sooner after one that was delayed. */
const JITTER_MS = 500;

const columns = [
  'id',
  'client_name',
  'client_ip',
  'mode',
  'limited_to_apps',
  'status',
  'apikey_id',
  'created_at',
  'expires_at',
] as const satisfies readonly (keyof ConnectRequestsTable)[];

type RequestRow = Pick<Selectable<ConnectRequestsTable>, (typeof columns)[number]>;

const unknownCode = () =>
  new AppError('unknown_user_code', 404, 'No program waits with this code: it is mistyped, used or expired');

/** Typed in any case, with or without its dash. */
const userCodeHash = (user_code: string) => hashSecret(user_code.toUpperCase().replace(/[^A-Z]/g, ''));

interface Codes {
  device_code: string;
  /** `BCDF-GHJK` */
  user_code: string;
  expires_in: number;
  interval: number;
}

/** Notes that a program waits. Both codes are known to it alone; hashes are kept. */
export async function askToConnect(db: Db, input: AskToConnect, client_ip: string | null): Promise<Codes> {
  const device_code = randomBytes(32).toString('base64url');
  const letters = Array.from({ length: CODE_LENGTH }, () => CODE_LETTERS[randomInt(CODE_LETTERS.length)]).join('');
  const user_code = `${letters.slice(0, 4)}-${letters.slice(4)}`;
  await db
    .insertInto('connect_requests')
    .values({
      device_code_hash: hashSecret(device_code),
      user_code_hash: userCodeHash(user_code),
      client_name: shownName(input.client_name),
      client_ip,
      mode: input.mode ?? 'write',
      limited_to_apps: [...new Set(input.limited_to_apps ?? [])],
      interval_seconds: INTERVAL_SECONDS,
      expires_at: sql<Date>`now() + make_interval(secs => ${LIFETIME_SECONDS})`,
    })
    .execute();
  return { device_code, user_code, expires_in: LIFETIME_SECONDS, interval: INTERVAL_SECONDS };
}

/** The owner decides by this name, so nothing invisible may stand in it. */
const shownName = (name: string) => stripTags(name.replace(/\p{C}/gu, '')) || 'A program without a name';

/** Who waits with this code. */
export async function getConnectRequest(db: Db, user_code: string): Promise<RequestRow> {
  const row = await openRequest(db, user_code).executeTakeFirst();
  if (!row) throw unknownCode();
  return row;
}

const openRequest = (db: Db, user_code: string) =>
  db
    .selectFrom('connect_requests')
    .select(columns)
    .where('user_code_hash', '=', userCodeHash(user_code))
    .where('status', '=', 'pending')
    .where('expires_at', '>', sql<Date>`now()`);

/** Makes the key; it lies sealed until the program fetches it. */
export async function approveConnect(db: Db, vault: Vault, caller: Caller, actor: Actor, input: ApproveConnect) {
  await db.transaction().execute(async (trx) => {
    const before = await openRequest(trx, input.user_code).forUpdate().executeTakeFirst();
    if (!before) throw unknownCode();
    const { mode = before.mode, limited_to_apps = before.limited_to_apps, limited_to_orgs, expires_at } = input;
    const { key, ...made } = await addKey(trx, caller, actor, {
      name: before.client_name,
      mode,
      limited_to_apps,
      ...(limited_to_orgs !== undefined && { limited_to_orgs }),
      ...(expires_at !== undefined && { expires_at }),
    });
    const after = await trx
      .updateTable('connect_requests')
      .set({
        status: 'approved',
        apikey_id: made.id,
        secret_sealed: vault.seal(key, purposeOf(before)),
        // Lasts one poll longer, so that an approval in the last second still reaches the program.
        expires_at: sql<Date>`greatest(expires_at, now() + interval '1 minute')`,
      })
      .where('id', '=', before.id)
      .returning(columns)
      .executeTakeFirstOrThrow();
    await record(trx, made, actor, before, after);
  });
}

export async function denyConnect(db: Db, caller: Caller, actor: Actor, user_code: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const before = await openRequest(trx, user_code).forUpdate().executeTakeFirst();
    if (!before) throw unknownCode();
    await trx.updateTable('connect_requests').set({ status: 'denied' }).where('id', '=', before.id).execute();
    // Only a key without limits decides.
    const owner = { user_id: caller.user_id, limited_to_orgs: [], bindings: null };
    await record(trx, owner, actor, before, { ...before, status: 'denied' });
  });
}

const purposeOf = ({ id }: { id: string }) => `connect request ${id}`;

async function record(
  trx: Db,
  owner: Parameters<typeof organizationsReached>[1],
  actor: Actor,
  before: RequestRow,
  after: RequestRow | undefined,
) {
  for (const org_id of await organizationsReached(trx, owner)) {
    await recordChange(trx, actor, { org_id, table_name: 'connect_requests', record_id: before.id, before, after });
  }
}

const refusals = {
  authorization_pending: 'The owner has not decided yet',
  slow_down: 'The program asks too often: it must wait five seconds longer from now on',
  expired_token: 'The code has expired before it was approved',
  access_denied: 'The owner has denied the request',
  invalid_grant: 'This device_code is unknown or was used before',
} as const;

const refused = (code: keyof typeof refusals) => new AppError(code, 400, refusals[code]);

/** The key, once. Everything else is an error of RFC 8628, 3.5. */
export async function fetchConnectedKey(db: Db, vault: Vault, device_code: string, ip: string | null) {
  // Returned, not thrown: a poll that came too early must stay noted.
  const outcome = await db.transaction().execute((trx) => poll(trx, vault, device_code, ip));
  if (outcome instanceof AppError) throw outcome;
  return outcome;
}

type Fetched = Omit<ConnectedKey, 'expires_at'> & { expires_at: Date | null };

async function poll(trx: Db, vault: Vault, device_code: string, ip: string | null): Promise<Fetched | AppError> {
  const row = await trx
    .selectFrom('connect_requests')
    .select([...columns, 'secret_sealed', 'interval_seconds', 'polled_at', sql<Date>`clock_timestamp()`.as('now')])
    .where('device_code_hash', '=', hashSecret(device_code))
    .forUpdate()
    .executeTakeFirst();
  if (!row) return refused('invalid_grant');
  if (row.status === 'denied') return refused('access_denied');
  if (row.expires_at <= row.now) return refused('expired_token');
  const { secret_sealed, apikey_id, interval_seconds, polled_at, now, ...before } = row;
  if (secret_sealed === null || apikey_id === null) {
    const isEarly = polled_at !== null && now.getTime() - polled_at.getTime() < interval_seconds * 1000 - JITTER_MS;
    await trx
      .updateTable('connect_requests')
      .set({ polled_at: now, interval_seconds: interval_seconds + (isEarly ? SLOW_DOWN_SECONDS : 0) })
      .where('id', '=', row.id)
      .execute();
    return refused(isEarly ? 'slow_down' : 'authorization_pending');
  }
  await trx.deleteFrom('connect_requests').where('id', '=', row.id).execute();
  const { user_id, bindings, ...key } = await trx
    .selectFrom('apikeys')
    .select(['id', 'user_id', 'name', 'mode', 'limited_to_apps', 'limited_to_orgs', 'bindings', 'expires_at'])
    .where('id', '=', apikey_id)
    .executeTakeFirstOrThrow();
  const owner = { user_id, limited_to_orgs: key.limited_to_orgs, bindings };
  await record(trx, owner, { ...systemActor, actor_ip: ip }, { ...before, apikey_id }, undefined);
  return { ...key, key: vault.open(secret_sealed, purposeOf(row)) };
}
