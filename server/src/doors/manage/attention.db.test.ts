// "Does anything need me?", asked through the door by those who may know.

import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hashKey } from '../../accounts/keys.ts';
import { runWalk } from '../../push/delivery/fanout.ts';
import { pushQueues } from '../../push/jobs.ts';
import { guardReleases } from '../../rollouts/guard-releases.ts';
import { fcmError } from '../../testing/fake-fcm.ts';
import { type PushWorld, startPushWorld } from '../../testing/push-world.ts';
import { startTestServer } from '../../testing/server.ts';
import { mountTinyDisk } from '../../testing/tiny-disk.ts';
import { OutcomeWorld } from './testing/outcome-world.ts';

const HOUR_MS = 60 * 60 * 1000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const checksum = 'a'.repeat(64);

let pushWorld: PushWorld;
let world: OutcomeWorld;
beforeAll(async () => {
  pushWorld = await startPushWorld();
  world = new OutcomeWorld(pushWorld.server);
});
afterAll(() => pushWorld.close());
beforeEach(() => world.addApp());

async function attention(query = `?app_id=${world.app_id}`, key = world.server.adminKey, status = 200) {
  const answer = await world.server.app.inject({ url: `/attention${query}`, headers: { authorization: key } });
  expect(answer.statusCode, answer.body).toBe(status);
  return answer.json();
}

async function failOn(count: number): Promise<void> {
  for (let phone = 0; phone < count; phone += 1) await world.phone(['set_fail']);
  await world.settle();
  await guardReleases(world.server.parts, new Date(Date.now() + 1000));
}

const newestRelease = async () => {
  const url = `/release?app_id=${world.app_id}`;
  return (await world.server.app.inject({ url, headers: world.headers() })).json().data[0];
};

async function change(url: string, payload: object): Promise<void> {
  const answer = await world.server.app.inject({ method: 'POST', url, headers: world.headers(), payload });
  expect(answer.statusCode, answer.body).toBe(200);
}

test('nothing needs anybody', async () => {
  expect(await attention()).toEqual({ status: 'ok', message: 'All is well: nothing needs you.', total: 0, data: [] });
});

describe('a release', () => {
  test('that the guard stopped needs somebody until a person answers', async () => {
    await failOn(10);
    const { id } = await newestRelease();
    const { data, ...summary } = await attention();
    expect(summary).toEqual({ status: 'attention', message: data[0].message, total: 1 });
    expect(data).toEqual([
      {
        ...{ id: `guard_acted:release:${id}`, kind: 'guard_acted', severity: 'critical', channel: 'production' },
        ...{ org_id: world.server.orgId, app_id: world.app_id, since: expect.any(String) },
        message: expect.stringMatching(
          /^The guard stopped 1\.1\.0 on production of com\.outcomes\.app\d+: 10 of 10 devices failed .* \(E = [^)]*\)\.$/,
        ),
        command: `overair release show ${id} ${world.app_id}`,
        link: `/ui/app/${world.app_id}/releases/${id}`,
        ...{ acknowledged_at: null, acknowledged_by: null },
      },
    ]);
    await change('/release/guard', { app_id: world.app_id, release_id: id, answer: 'keep' });
    expect(await attention()).toMatchObject({ status: 'ok', data: [] });
  });

  test('that the guard stopped needs nobody any more when a person takes it back', async () => {
    await failOn(10);
    const { id } = await newestRelease();
    const answer = { app_id: world.app_id, release_id: id, answer: 'take_back' };
    await change('/release/guard', answer);
    expect(await attention()).toMatchObject({ status: 'ok', data: [] });
  });

  test('that the guard took back needs somebody until something else is released', async () => {
    await change('/bundle', {
      app_id: world.app_id,
      version: '1.0.5',
      external_url: 'https://cdn.test/5.zip',
      checksum,
    });
    for (const version of ['1.2.0', '1.0.5', '1.1.0']) await world.serve(version, { guard_action: 'take_back' });
    await failOn(10);
    expect((await attention()).data).toMatchObject([
      { kind: 'guard_acted', message: expect.stringContaining('took back 1.1.0') },
    ]);
    await world.serve('1.1.0');
    expect(await attention()).toMatchObject({ status: 'ok' });
  });

  test('that fails before the guard is sure, or where it is off', async () => {
    await world.serve('1.1.0', { guard_action: 'off' });
    await failOn(2);
    const { data } = await attention();
    expect(data).toMatchObject([
      {
        kind: 'release_failing',
        message: expect.stringMatching(/^1\.1\.0 failed on 2 of 2 devices .*; the guard acts at E/),
      },
    ]);
    await failOn(8);
    expect((await attention()).data).toMatchObject([
      { id: data[0].id, message: expect.stringMatching(/10 of 10 devices .*; the guard is off\.$/) },
    ]);
  });
});

describe('a fleet', () => {
  const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  /** Around now, so that it does not matter when an hour ends. */
  const around = [-2, -1, 0, 1].map((hours) => hour + hours * HOUR_MS);

  const addChecks = (count: number, agoMs: number) =>
    world.server.database.db
      .insertInto('checks_hourly')
      .values(around.map((ms) => ({ app_id: world.app_id, hour: new Date(ms - agoMs), count })))
      .execute();

  async function count(): Promise<number> {
    const { db } = world.server.database;
    const rows = await db.selectFrom('checks_hourly').select('count').where('app_id', '=', world.app_id).execute();
    return rows.reduce((sum, row) => sum + row.count, 0);
  }

  test.each([
    ['fell by half', 200, 100, 'attention'],
    ['fell by less', 200, 101, 'ok'],
    ['is too small for chance to tell', 99, 1, 'ok'],
  ])('that %s', async (_name, usual, checks, status) => {
    await addChecks(usual, WEEK_MS);
    await addChecks(checks, 0);
    expect(await attention()).toMatchObject({ status });
  });

  test('that asks no more at all: since when, and until it asks again', async () => {
    await addChecks(150, WEEK_MS);
    expect((await attention()).data).toEqual([
      expect.objectContaining({
        ...{ id: `silent_fleet:${world.app_id}`, severity: 'critical', since: new Date(around[0]!).toISOString() },
        message: `The devices of ${world.app_id} asked 0 times in the last full hour; a week ago it was 150.`,
      }),
    ]);
    await addChecks(150, 0);
    expect(await attention()).toMatchObject({ status: 'ok' });
  });

  test('is counted by the hour, whatever it is answered', async () => {
    await world.phone([]);
    await world.check(world.newId(), { version_name: '1.1.0' });
    await world.settle();
    expect(await count()).toBe(2);
    await world.server.app.inject({ method: 'DELETE', url: `/app/${world.app_id}`, headers: world.headers() });
    expect(await count()).toBe(0);
  });
});

test('a push service that refuses the credential', async () => {
  const app = await pushWorld.createApp();
  for (const token of ['a', 'b', 'c']) {
    pushWorld.fcm.answers.set(`attention-${token}`, fcmError(403, 'PERMISSION_DENIED', 'SENDER_ID_MISMATCH'));
    await pushWorld.addPhone(app, 'android', `attention-${token}`);
  }
  const body = { platform: 'android', notification: { android: { alert: 'x' } } };
  const { json } = await pushWorld.call(app, 'POST', '/v4/push', { to: 'all', body });
  await runWalk(world.server.parts.push, { app_id: app.app_id, msg_id: Number(json.msg_id), first_shard: 0 });
  expect((await attention(`?app_id=${app.app_id}`)).data).toMatchObject([
    {
      id: `credential_refused:${app.app_id}:fcm`,
      message: expect.stringMatching(/^The push service fcm refuses the credential of .*SENDER_ID_MISMATCH.*\.$/),
      link: `/ui/app/${app.app_id}/push`,
    },
  ]);
  await change('/push/resume', { app_id: app.app_id, channel: 'fcm' });
  expect(await attention(`?app_id=${app.app_id}`)).toMatchObject({ status: 'ok' });
});

describe('the server', () => {
  test.each([
    [4, undefined],
    [6, 'warning'],
    [31, 'critical'],
  ])('with a job that has been due for %d minutes', async (minutes, severity) => {
    const { jobs } = world.server.parts;
    const queue = pushQueues(world.server.parts.push)[0]!.name;
    await jobs.send(queue, {}, { startAfter: new Date(Date.now() - minutes * 60_000) });
    const { data } = await attention('');
    const matter = data.find(({ kind }: { kind: string }) => kind === 'queue_behind');
    await world.server.database.query('delete from jobs.job where name = $1', [queue]);
    if (severity === undefined) expect(matter).toBeUndefined();
    else
      expect(matter).toMatchObject({
        ...{ id: `queue_behind:${queue}`, severity, org_id: null, app_id: null, link: '/ui/server' },
        message: expect.stringContaining(
          `1 job of the queue ${queue} should have begun, the oldest ${minutes} minutes ago`,
        ),
      });
  });

  test('whose disk is nearly full', async () => {
    const disk = await mountTinyDisk();
    if (disk === undefined) return;
    const server = await startTestServer({ dataDir: disk });
    try {
      await writeFile(join(disk, 'filling'), Buffer.alloc(1_000_000));
      const answer = await server.app.inject({ url: '/attention', headers: { authorization: server.adminKey } });
      expect(answer.json().data).toMatchObject([
        {
          id: `disk:${hostname()}:${disk}`,
          severity: 'warning',
          message: `The disk with ${disk} on ${hostname()} is nearly full: 0.00 GiB of 0.00 GiB are left.`,
        },
      ]);
    } finally {
      await server.close();
    }
  });
});

describe('whoever asks', () => {
  async function keyOf(facts: object): Promise<string> {
    const { db } = world.server.database;
    const { user_id } = await db.selectFrom('apikeys').select('user_id').limit(1).executeTakeFirstOrThrow();
    const key = `key-${randomUUID()}`;
    await db
      .insertInto('apikeys')
      .values({ user_id, key_hash: hashKey(key), name: 'a key', mode: 'read', ...facts })
      .execute();
    return key;
  }

  const channelId = async (name: string) => {
    const { db } = world.server.database;
    const query = db.selectFrom('channels').select('id').where('app_id', '=', world.app_id).where('name', '=', name);
    return (await query.executeTakeFirstOrThrow()).id;
  };

  test.each([
    ['a key of the app', async () => keyOf({ limited_to_apps: [world.app_id] }), 1],
    ['a key of the channel', async () => keyOf({ limited_to_channels: [await channelId('production')] }), 1],
    ['a key of another channel', async () => keyOf({ limited_to_channels: [await channelId('beta')] }), 0],
  ])('%s', async (_name, make, seen) => {
    await change('/channel', { app_id: world.app_id, channel: 'beta' });
    await failOn(10);
    const key = await make();
    const { data } = await attention(`?app_id=${world.app_id}`, key);
    expect(data).toHaveLength(seen);
    const all = (await attention('', key)).data;
    expect(all.map(({ app_id }: { app_id: string }) => app_id)).toEqual(data.map(() => world.app_id));
  });

  test('says that somebody knows: it counts for nobody any more, and stays on the list', async () => {
    await failOn(10);
    const { data } = await attention();
    const { id } = data[0];
    const say = async (key: string, matter: string, status: number) => {
      const headers = { authorization: key };
      const asked = { method: 'POST', url: '/attention/acknowledge', headers, payload: { id: matter } } as const;
      const answer = await world.server.app.inject(asked);
      expect(answer.statusCode, answer.body).toBe(status);
      return answer.json();
    };
    expect(await say(await keyOf({}), id, 403)).toMatchObject({ error: 'not_authorized' });
    expect(await say(world.server.adminKey, 'guard_acted:release:0', 404)).toMatchObject({ error: 'matter_not_found' });
    const known = { acknowledged_by: 'First key', acknowledged_at: expect.any(String) };
    const answer = await say(await keyOf({ mode: 'upload', name: 'First key' }), id, 200);
    expect(answer).toEqual({ ...data[0], ...known });
    expect(await say(world.server.adminKey, id, 200)).toEqual(answer);
    const { data: _, ...summary } = await attention();
    expect(summary).toEqual({ status: 'ok', message: 'Nothing needs you: somebody looks after a matter.', total: 1 });
    const audit = `/organization/audit?orgId=${world.server.orgId}&tableName=attention`;
    const entries = (await world.server.app.inject({ url: audit, headers: world.headers() })).json().data;
    expect(entries.filter(({ record_id }: { record_id: string }) => record_id === id)).toMatchObject([
      { operation: 'UPDATE', changed_fields: ['acknowledged_by'], new_record: { acknowledged_by: 'First key' } },
    ]);
  });

  test('sees nothing of apps and servers of others', async () => {
    await failOn(10);
    const own = await startStranger();
    expect(await attention('', own)).toMatchObject({ status: 'ok', total: 0 });
    expect(await attention(`?app_id=${world.app_id}`, own, 400)).toMatchObject({ error: 'cannot_access_app' });
    expect(await attention('?app_id=com.example.none', own, 400)).toMatchObject({ error: 'cannot_access_app' });
    expect(await attention('?channel=production', own, 400)).toMatchObject({ error: 'invalid_body' });
  });

  /** The admin of an organization of their own, on a server whose queue is far behind. */
  async function startStranger(): Promise<string> {
    const { db } = world.server.database;
    const { id: user_id } = await db
      .insertInto('users')
      .values({ email: 'stranger@example.test' })
      .returning('id')
      .executeTakeFirstOrThrow();
    const { id: org_id } = await db
      .insertInto('orgs')
      .values({ name: 'Strangers', management_email: 'stranger@example.test', created_by: user_id })
      .returning('id')
      .executeTakeFirstOrThrow();
    await db.insertInto('org_users').values({ org_id, user_id, user_right: 'super_admin' }).execute();
    const queue = pushQueues(world.server.parts.push)[0]!.name;
    await world.server.parts.jobs.send(queue, {}, { startAfter: new Date(Date.now() - HOUR_MS) });
    return keyOf({ user_id, mode: 'all' });
  }
});
