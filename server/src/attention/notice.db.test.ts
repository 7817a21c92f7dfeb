// Matters that begin and end: told once each, whoever looks, however often, and whatever dies meanwhile.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { OutcomeWorld } from '../doors/manage/testing/outcome-world.ts';
import { guardReleases } from '../rollouts/guard-releases.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { DAY_MS, HOUR_MS } from '../utc-day.ts';
import { noticeMatters } from './notice.ts';
import { noteOver } from './noticed.ts';

let world: OutcomeWorld;
/** Another worker on the same database. */
let other: TestServer;
beforeAll(async () => {
  world = new OutcomeWorld(await startTestServer({ allowPrivateAddresses: true, newDevicesPerHour: 0 }));
  other = await startTestServer({}, world.server.database);
  const payload = { orgId: world.server.orgId, name: 'w', url: 'http://127.0.0.1:9/', events: ['attention'] };
  const answer = await world.server.app.inject({ method: 'POST', url: '/webhooks', headers: world.headers(), payload });
  expect(answer.statusCode, answer.body).toBe(201);
});
afterAll(async () => {
  await other.close();
  await world.close();
});

const db = () => world.server.database.db;
const look = (now = new Date(), server = world.server) => noticeMatters(server.parts.attention, now);

beforeEach(async () => {
  await db().deleteFrom('checks_hourly').execute();
  await db().deleteFrom('attention_matters').execute();
  await db().deleteFrom('webhook_deliveries').execute();
  await world.addApp();
});

interface Told {
  event: string;
  data: { record_id: string; old_record: object | null; new_record: object | null };
}

/** What the webhook is to be told, in order. */
async function told(): Promise<Told[]> {
  const rows = await db().selectFrom('webhook_deliveries').select('request_payload').orderBy('created_at').execute();
  return rows.map(({ request_payload }) => request_payload as unknown as Told);
}

const eventsTold = async () => (await told()).map(({ event, data }) => `${event} ${data.record_id}`);

/** Hours around now, so that it does not matter when an hour ends. */
const addChecks = (count: number, agoMs: number) => {
  const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const hours = [-1, 0, 1].map((hours) => new Date(hour + hours * HOUR_MS - agoMs));
  return db()
    .insertInto('checks_hourly')
    .values(hours.map((hour) => ({ app_id: world.app_id, hour, count })))
    .onConflict((conflict) => conflict.columns(['app_id', 'hour', 'slot']).doUpdateSet({ count }))
    .execute();
};

const fallSilent = async () => {
  await addChecks(500, 7 * DAY_MS);
  await addChecks(1, 0);
};

/** As if they had been missing for longer. */
const sixMinutesPass = () =>
  world.server.database.query(`update attention_matters set missing_since = missing_since - interval '6 minutes'`);

async function guardStops(): Promise<number> {
  for (let phone = 0; phone < 10; phone += 1) await world.phone(['set_fail']);
  await world.settle();
  await guardReleases(world.server.parts, new Date(Date.now() + 1000));
  const url = `/release?app_id=${world.app_id}`;
  return (await world.server.app.inject({ url, headers: world.headers() })).json().data[0].id;
}

async function keep(release_id: number): Promise<void> {
  const payload = { app_id: world.app_id, release_id, answer: 'keep' };
  const answer = await world.server.app.inject({
    method: 'POST',
    url: '/release/guard',
    headers: world.headers(),
    payload,
  });
  expect(answer.statusCode, answer.body).toBe(200);
}

describe('a matter', () => {
  test('is told once, and once more when it is over', async () => {
    const release = await guardStops();
    const matter = `guard_acted:release:${release}`;
    await look();
    await look();
    expect(await told()).toMatchObject([
      {
        event: 'attention.INSERT',
        org_id: world.server.orgId,
        data: {
          ...{ table: 'attention', operation: 'INSERT', record_id: matter, actor_type: 'system', old_record: null },
          new_record: {
            ...{ id: matter, kind: 'guard_acted', severity: 'critical', app_id: world.app_id, channel: 'production' },
            ...{ message: expect.stringContaining('The guard stopped 1.1.0'), since: expect.any(String) },
            link: `/ui/app/${world.app_id}/releases/${release}`,
          },
        },
      },
    ]);
    await keep(release);
    await look();
    await look();
    expect(await told()).toMatchObject([
      {},
      { event: 'attention.DELETE', data: { record_id: matter, new_record: null, old_record: { kind: 'guard_acted' } } },
    ]);
  });

  test('that is measured is over when it stayed away for five minutes, and is told again when it comes back', async () => {
    await fallSilent();
    await look();
    await addChecks(500, 0);
    await look();
    await fallSilent();
    await look();
    await sixMinutesPass();
    await addChecks(500, 0);
    await look();
    const matter = `silent_fleet:${world.app_id}`;
    expect(await eventsTold()).toEqual([`attention.INSERT ${matter}`]);
    await sixMinutesPass();
    await look();
    expect(await eventsTold()).toEqual([`attention.INSERT ${matter}`, `attention.DELETE ${matter}`]);
    await fallSilent();
    await look();
    expect((await eventsTold()).at(-1)).toBe(`attention.INSERT ${matter}`);
    expect(await told()).toHaveLength(3);
  });

  test('that somebody knows of before it was noticed is not told as new', async () => {
    await fallSilent();
    const payload = { id: `silent_fleet:${world.app_id}` };
    const asked = { method: 'POST', url: '/attention/acknowledge', headers: world.headers(), payload } as const;
    expect((await world.server.app.inject(asked)).statusCode).toBe(200);
    await look();
    expect((await eventsTold()).filter((event) => event.startsWith('attention.INSERT'))).toEqual([]);
  });

  test('of another organization is none of the webhook’s', async () => {
    const { user_id: created_by } = await db().selectFrom('apikeys').select('user_id').executeTakeFirstOrThrow();
    const { id: org_id } = await db()
      .insertInto('orgs')
      .values({ name: `Others ${world.app_id}`, management_email: 'o@example.test', created_by })
      .returning('id')
      .executeTakeFirstOrThrow();
    await db().updateTable('apps').set({ owner_org: org_id }).where('app_id', '=', world.app_id).execute();
    await fallSilent();
    await look();
    expect(await db().selectFrom('attention_matters').select('org_id').execute()).toEqual([{ org_id }]);
    expect(await told()).toEqual([]);
  });
});

describe('whatever happens', () => {
  test('two workers that look at once tell each matter once', async () => {
    const matter = `silent_fleet:${world.app_id}`;
    for (let round = 0; round < 5; round += 1) {
      await fallSilent();
      await Promise.all([look(), look(undefined, other), look(), look(undefined, other)]);
      await addChecks(500, 0);
      await Promise.all([look(), look(undefined, other)]);
      await sixMinutesPass();
      await Promise.all([look(), look(undefined, other), look()]);
    }
    const both = [`attention.INSERT ${matter}`, `attention.DELETE ${matter}`];
    expect(await eventsTold()).toEqual([...both, ...both, ...both, ...both, ...both]);
  });

  test('a slow worker does not end what began while it looked', async () => {
    const release = await guardStops();
    const askedAt = new Date(Date.now() - 60_000);
    await look();
    const over = await db()
      .transaction()
      .execute((trx) => noteOver(trx, [], ['guard_acted'], askedAt));
    expect(over).toEqual([]);
    expect(await db().selectFrom('attention_matters').select('over_at').execute()).toEqual([{ over_at: null }]);
    await keep(release);
  });

  test('who dies before the commit told nothing and noted nothing: the next one does both', async () => {
    await world.server.database.query(`
      create function die() returns trigger language plpgsql as $$ begin raise exception 'killed'; end $$;
      create trigger die before insert on webhook_deliveries for each row execute function die()`);
    await fallSilent();
    await expect(look()).rejects.toThrow('killed');
    await world.server.database.query('drop trigger die on webhook_deliveries; drop function die()');
    expect(await told()).toEqual([]);
    await look();
    await look(undefined, other);
    expect(await eventsTold()).toEqual([`attention.INSERT silent_fleet:${world.app_id}`]);
  });

  test('a kind that cannot be looked at ends nothing, and keeps no other from being told', async () => {
    const release = await guardStops();
    await look();
    await world.server.database.query('alter table release_guards rename to hidden_guards');
    await fallSilent();
    await expect(look()).rejects.toThrow(/^\d kinds of matters could not be looked at/);
    await world.server.database.query('alter table hidden_guards rename to release_guards');
    expect(await eventsTold()).toEqual([
      `attention.INSERT guard_acted:release:${release}`,
      `attention.INSERT silent_fleet:${world.app_id}`,
    ]);
  });
});
