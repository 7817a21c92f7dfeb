// How each push service treats an app's present credential: whether it ever accepted it, and since when and why it is paused.

import { sql } from 'kysely';
import { type AppIds, isAmongApps } from '../../accounts/apps.ts';
import { systemActor } from '../../accounts/caller.ts';
import type { Db } from '../../db/database.ts';
import type { PushChannel } from '../../db/tables/push.ts';
import { record } from '../owner/owner-audit.ts';

/** A part of an app's channel that is accepted or refused as one: see the table push_services. */
export interface Service {
  readonly app_id: string;
  readonly channel: PushChannel;
  readonly service: string;
}

export interface ServicePause {
  readonly untilMs: number;
  readonly reason: string;
}

/** The whole channel: what the account itself was refused for. */
export const WHOLE_CHANNEL = '';

const FIRST_PAUSE_MS = 15 * 60_000;
const LAST_PAUSE_MS = 24 * 3_600_000;
const GROWTH = 4;

/** The pauses of an app's channel by the name of the service, also those whose time is over and which no success has ended. */
export async function listPauses(
  db: Db,
  app_id: string,
  channel: PushChannel,
): Promise<ReadonlyMap<string, ServicePause>> {
  const rows = await db
    .selectFrom('push_services')
    .select(['service', 'paused_until', 'failure'])
    .where('app_id', '=', app_id)
    .where('channel', '=', channel)
    .where('paused_at', 'is not', null)
    .execute();
  return new Map(
    rows.map(({ service, paused_until, failure }) => [
      service,
      { untilMs: paused_until?.getTime() ?? 0, reason: failure ?? '' },
    ]),
  );
}

export interface RefusedService extends Service {
  readonly since: Date;
  readonly reason: string;
  readonly refused_devices: number;
}

/** Services of these apps to which nothing is sent because they refused the credential. The newest first. */
export function listRefused(db: Db, apps: AppIds, limit: number): Promise<RefusedService[]> {
  return db
    .selectFrom('push_services')
    .select(['app_id', 'channel', 'service', 'refused_devices'])
    .select((eb) => eb.ref('paused_at').$notNull().as('since'))
    .select(sql<string>`coalesce(failure, '')`.as('reason'))
    .where('paused_at', 'is not', null)
    .where(isAmongApps(sql`app_id`, apps))
    .orderBy('paused_at', 'desc')
    .limit(limit)
    .execute();
}

/** Whether the service accepted a message since the credential was changed. */
export async function hasAccepted(db: Db, { app_id, channel, service }: Service): Promise<boolean> {
  const row = await db
    .selectFrom('push_services')
    .select('accepted_at')
    .where('app_id', '=', app_id)
    .where('channel', '=', channel)
    .where('service', '=', service)
    .executeTakeFirst();
  return row?.accepted_at != null;
}

/** The first message that is accepted proves the credential and ends what its refusal began. Called again it changes nothing. */
export async function noteAccepted(db: Db, { app_id, channel, service }: Service): Promise<void> {
  await db.transaction().execute(async (trx) => {
    // A credential that was removed meanwhile has nothing left to prove.
    const credential = await lockCredential(trx, app_id, channel);
    if (!credential) return;
    const proven = { accepted_at: new Date(), paused_at: null, paused_until: null, failure: null, pauses: 0 };
    await trx
      .insertInto('push_services')
      .values({ app_id, channel, service, ...proven })
      .onConflict((conflict) =>
        conflict.columns(['app_id', 'channel', 'service']).doUpdateSet((eb) => ({
          ...proven,
          accepted_at: sql<Date>`coalesce(${eb.ref('push_services.accepted_at')}, now())`,
          updated_at: new Date(),
        })),
      )
      .execute();
    await trx
      .deleteFrom('push_services')
      .where('app_id', '=', app_id)
      .where('channel', '=', channel)
      .where('service', '=', WHOLE_CHANNEL)
      .execute();
    await summarize(trx, app_id, channel);
  });
}

interface Refusal extends Service {
  readonly owner_org: string;
  readonly reason: string;
  /** How many devices were refused for it. */
  readonly devices: number;
  /** How long; 15 minutes and four times as long each time after that, up to a day, unless told. */
  readonly pauseMs?: number;
}

/** What a pause needs of the room. */
interface PauseRoom {
  readonly db: Db;
  readonly warn: (detail: object, what: string) => void;
}

/** Pauses a service and tells the owner: in the audit log, through webhooks, and on every page that shows the credential. */
export async function pauseService(room: PauseRoom, refusal: Refusal): Promise<ServicePause> {
  const { app_id, channel, service, owner_org, reason, devices } = refusal;
  const untilMs = await room.db.transaction().execute(async (trx) => {
    const before = await lockCredential(trx, app_id, channel);
    if (!before) return Date.now() + FIRST_PAUSE_MS;
    const known = await findService(trx, refusal);
    // Batches of other processes that were under way when the pause began must not extend it.
    if (known?.paused_until && known.paused_until.getTime() > Date.now()) return known.paused_until.getTime();
    const pauses = known?.pauses ?? 0;
    const pauseMs = refusal.pauseMs ?? Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * GROWTH ** pauses);
    const until = new Date(Date.now() + pauseMs);
    const values = { paused_until: until, failure: reason, refused_devices: devices, pauses: pauses + 1 };
    await trx
      .insertInto('push_services')
      .values({ app_id, channel, service, paused_at: new Date(), ...values })
      .onConflict((conflict) =>
        conflict.columns(['app_id', 'channel', 'service']).doUpdateSet((eb) => ({
          ...values,
          paused_at: sql<Date>`coalesce(${eb.ref('push_services.paused_at')}, now())`,
          updated_at: new Date(),
        })),
      )
      .execute();
    await summarize(trx, app_id, channel);
    // The owner was told when the pause began.
    if (!known?.paused_at) {
      const told = { app_id, channel, service, failure: null as string | null, paused: false };
      const by = { actor: systemActor, org_id: owner_org };
      const after = { ...told, failure: reason, paused: true, paused_until: until, refused_devices: devices };
      await record(trx, by, 'push_credentials', `${app_id}:${channel}`, { before: told, after });
    }
    return until.getTime();
  });
  room.warn({ app_id, channel, service, devices, reason }, 'a push service refuses an app: its messages wait');
  return { untilMs, reason };
}

/** Ends the pauses of a channel; what its services accepted before stays known. Returns how many there were. */
export async function endPauses(trx: Db, app_id: string, channel: PushChannel): Promise<number> {
  const ended = await trx
    .updateTable('push_services')
    .set({ paused_at: null, paused_until: null, failure: null, pauses: 0, updated_at: new Date() })
    .where('app_id', '=', app_id)
    .where('channel', '=', channel)
    .where('paused_at', 'is not', null)
    .executeTakeFirst();
  // A new version of the credential: every process forgets the breakers that it keeps for the old one.
  await trx
    .updateTable('push_credentials')
    .set({ failure: null, paused_until: null, updated_at: new Date() })
    .where('app_id', '=', app_id)
    .where('channel', '=', channel)
    .execute();
  return Number(ended.numUpdatedRows);
}

/** With another credential every service judges anew. */
export async function forgetServices(trx: Db, app_id: string, channel: PushChannel): Promise<void> {
  await trx.deleteFrom('push_services').where('app_id', '=', app_id).where('channel', '=', channel).execute();
}

const lockCredential = (trx: Db, app_id: string, channel: PushChannel) =>
  trx
    .selectFrom('push_credentials')
    .select('app_id')
    .where('app_id', '=', app_id)
    .where('channel', '=', channel)
    .forUpdate()
    .executeTakeFirst();

const findService = (trx: Db, { app_id, channel, service }: Service) =>
  trx
    .selectFrom('push_services')
    .select(['pauses', 'paused_at', 'paused_until'])
    .where('app_id', '=', app_id)
    .where('channel', '=', channel)
    .where('service', '=', service)
    .executeTakeFirst();

/** The credential's row repeats the pause that lasts longest. */
async function summarize(trx: Db, app_id: string, channel: PushChannel): Promise<void> {
  const longest = await trx
    .selectFrom('push_services')
    .select(['failure', 'paused_until'])
    .where('app_id', '=', app_id)
    .where('channel', '=', channel)
    .where('paused_at', 'is not', null)
    .orderBy('paused_until', 'desc')
    .limit(1)
    .executeTakeFirst();
  await trx
    .updateTable('push_credentials')
    .set({ failure: longest?.failure ?? null, paused_until: longest?.paused_until ?? null })
    .where('app_id', '=', app_id)
    .where('channel', '=', channel)
    .execute();
}
